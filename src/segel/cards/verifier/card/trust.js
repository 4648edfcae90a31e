/**
 * Who is trusted to sign, out of the payload of a trust list. Certificates are read and keys made
 * when a card first asks for them: a list has thousands, a gate sees a handful.
 */
import { bytesOf, fromBase64, hexOf, sha256, toBase64Url } from "./bytes.js";
import { RevocationList } from "./revocation_list.js";
import { readCertificate } from "./x509.js";

const ES256 = { name: "ECDSA", hash: "SHA-256" };
const PS256 = { name: "RSA-PSS", saltLength: 32 };
const KEY_ID_BYTES = 8;

export class Trust {
  #signers = new Map();
  #issuers = new Map();
  #issued = new Set();

  constructor({ signers = [], issuers = [] }) {
    for (const { kid, certificate } of signers) {
      const name = hexOf(fromBase64(kid));
      if (name.length !== 2 * KEY_ID_BYTES) throw new TypeError("kid");
      this.#signers.set(name, [...(this.#signers.get(name) ?? []), new Signer(certificate)]);
    }
    for (const { iss, name, keys, crls = [] } of issuers) {
      const held = new Map(keys.map((jwk) => [jwk.kid, new IssuerKey(jwk)]));
      for (const crl of crls) held.get(crl.kid)?.revokeBy(crl);
      this.#issuers.set(iss, { iss, name, keys: held });
      for (const keyId of held.keys()) this.#issued.add(keyId);
    }
  }

  /** All that share a key id; several may, it is only eight bytes (HCERT § 3.3.3). */
  signersOf(keyId) {
    return (this.#signers.get(hexOf(keyId)) ?? []).filter((signer) => signer.usable);
  }

  issuerOf(url) {
    return this.#issuers.get(url);
  }

  isAnybodys(keyId) {
    return this.#issued.has(keyId);
  }
}

class Signer {
  #certificate;
  #read;
  #key;

  constructor(certificate) {
    this.#certificate = certificate;
  }

  /** Whether its key is of a kind that signs cards. */
  get usable() {
    if (this.#read === undefined) {
      try {
        this.#read = readCertificate(fromBase64(this.#certificate));
      } catch {
        this.#read = null;
      }
    }
    return this.#read !== null;
  }

  get algorithm() {
    return this.#read.algorithm;
  }

  get notBefore() {
    return this.#read.notBefore;
  }

  get notAfter() {
    return this.#read.notAfter;
  }

  /** Kinds of certificate that it may sign; null: all. */
  get purposes() {
    return this.#read.purposes;
  }

  async verifies(signature, signed) {
    this.#key ??= imported(this.#read.jwk, this.algorithm);
    return verified(this.#key, this.algorithm, signature, signed);
  }
}

class IssuerKey {
  #jwk;
  #key;
  #revocations;

  constructor(jwk) {
    this.#jwk = jwk;
  }

  async verifies(signature, signed) {
    this.#key ??= imported(this.#jwk, "ES256");
    return verified(this.#key, "ES256", signature, signed);
  }

  revokeBy(crl) {
    try {
      this.#revocations = new RevocationList(crl, this.#jwk.kid);
    } catch (error) {
      this.#revocations = { broken: error.reason };
    }
  }

  /** What its list has against a card, if anything; one that cannot be used is against it. */
  objection(content) {
    const held = this.#revocations;
    const current = Number.isInteger(this.#jwk.crlVersion) ? this.#jwk.crlVersion : null;
    if (held?.broken) return held.broken;
    if (held) {
      if (current !== null && held.edition !== current) return "revocations-outdated";
      return held.revokes(content) ? "revoked" : null;
    }
    return current !== null && content.rid !== null ? "revocations-missing" : null;
  }
}

/** Whether `signature` (r and s side by side) is one of the JWK over `signed`. */
export async function verifiesEs256(jwk, signature, signed) {
  return verified(imported(jwk, "ES256"), "ES256", signature, signed);
}

/** Whether the JWK is a point of P-256. */
export const isPoint = (jwk) =>
  imported(jwk, "ES256").then(
    () => true,
    () => false,
  );

/** RFC 7638. */
export async function thumbprint({ crv, kty, x, y }) {
  return toBase64Url(await sha256(bytesOf(JSON.stringify({ crv, kty, x, y }))));
}

async function imported({ kty, crv, x, y, n, e }, algorithm) {
  const [jwk, name] =
    algorithm === "ES256"
      ? [{ kty, crv, x, y }, { name: "ECDSA", namedCurve: "P-256" }]
      : [{ kty, n, e }, { name: "RSA-PSS", hash: "SHA-256" }];
  return crypto.subtle.importKey("jwk", jwk, name, false, ["verify"]);
}

async function verified(key, algorithm, signature, signed) {
  try {
    return await crypto.subtle.verify(
      algorithm === "ES256" ? ES256 : PS256, await key, signature, signed,
    );
  } catch {
    return false; // a key that is no point of its curve verifies nothing
  }
}
