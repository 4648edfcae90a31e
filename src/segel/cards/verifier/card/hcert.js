/** HCERT, opened (eHN HCERT 1.0.5): the twin of `segel.cards.hcert`. */
import * as base45 from "./base45.js";
import { bytesOf, concatenated, fromBase64 } from "./bytes.js";
import { CborMap, CWT_TAG, Float, read, SIGN1_TAG, Tag } from "./cbor.js";
import { inflateZlib } from "./inflating.js";
import { Refused } from "./refused.js";

export const PREFIX = "HC1:";
const ALG = 1;
const CRIT = 2;
const KID = 4;
export const ES256 = -7;
export const PS256 = -37;
const ISS = 1;
const EXP = 4;
const IAT = 6;
export const HCERT = -260;
const EU_DCC_V1 = 1;
const KEY_ID_BYTES = 8;

export function openCertificate(text) {
  const { envelope, claims } = openEnvelope(inflateZlib(base45.decode(text.slice(PREFIX.length))));
  return { ...envelope, ...claimsOf(claims), certificate: inner(claims, EU_DCC_V1) };
}

/** What is signed and by what, claims, and how many parameters stand in each header. */
export function openEnvelope(message) {
  const [protectedBytes, unprotectedMap, payload, signature] = parts(read(message));
  const protectedMap = protectedBytes.length ? read(protectedBytes) : new CborMap();
  if (!(protectedMap instanceof CborMap)) throw new Refused("cose-structure", "protected");
  const algorithm = algorithmOf(protectedMap, unprotectedMap);
  const [keyId, keyIdProtected] = keyIdOf(protectedMap, unprotectedMap);
  const claims = read(payload);
  if (!(claims instanceof CborMap)) throw new Refused("claims-structure");
  const signed = sigStructure(protectedBytes, payload);
  const envelope = { kind: "hcert", algorithm, keyId, keyIdProtected, signed, signature };
  return { envelope, claims, headers: [protectedMap.size, unprotectedMap.size] };
}

export function claimsOf(claims) {
  const issuer = claims.get(ISS) ?? null;
  if (issuer !== null && typeof issuer !== "string") throw new Refused("claim-type", "iss");
  return {
    issuer,
    issuedAt: seconds(claims, IAT, "iat"),
    expiresAt: seconds(claims, EXP, "exp"),
  };
}

/** What stands under a key of the health certificates' claim. */
export function inner(claims, key) {
  const holder = claims.get(HCERT);
  if (!(holder instanceof CborMap)) throw new Refused("certificate-missing", "hcert");
  const certificate = holder.get(key);
  if (!(certificate instanceof CborMap)) throw new Refused("certificate-missing", "eu_dcc_v1");
  return certificate;
}

function parts(item) {
  if (item instanceof Tag && item.tag === CWT_TAG) item = item.value;
  if (item instanceof Tag && item.tag === SIGN1_TAG) item = item.value;
  if (!Array.isArray(item) || item.length !== 4) throw new Refused("cose-structure");
  const [protectedBytes, unprotectedMap, payload, signature] = item;
  if (!(protectedBytes instanceof Uint8Array) || !(unprotectedMap instanceof CborMap)) {
    throw new Refused("cose-structure", "header");
  }
  if (!(payload instanceof Uint8Array)) throw new Refused("cose-structure", "payload");
  if (!(signature instanceof Uint8Array)) throw new Refused("cose-structure", "signature");
  return item;
}

function algorithmOf(protectedMap, unprotectedMap) {
  if (protectedMap.has(CRIT) || unprotectedMap.has(CRIT)) throw new Refused("header-critical");
  if (!protectedMap.has(ALG)) {
    throw new Refused(unprotectedMap.has(ALG) ? "algorithm-unprotected" : "algorithm-missing");
  }
  const algorithm = protectedMap.get(ALG);
  if (algorithm !== ES256 && algorithm !== PS256) throw new Refused("algorithm-unsupported");
  return algorithm;
}

function keyIdOf(protectedMap, unprotectedMap) {
  const isProtected = (protectedMap.get(KID) ?? null) !== null;
  let keyId = (isProtected ? protectedMap : unprotectedMap).get(KID) ?? null;
  if (keyId === null) throw new Refused("key-id-missing");
  if (typeof keyId === "string") keyId = ofBase64(keyId); // some issuers write the bytes in Base64
  if (!(keyId instanceof Uint8Array) || keyId.length !== KEY_ID_BYTES) {
    throw new Refused("key-id-form");
  }
  return [keyId, isProtected];
}

function ofBase64(text) {
  try {
    return fromBase64(text);
  } catch {
    return null;
  }
}

/** NumericDate (RFC 8392 § 2): whole seconds, or a float as some issuers have it. */
function seconds(claims, claim, name) {
  const value = claims.get(claim) ?? null;
  if (value === null) return null;
  const number = value instanceof Float ? value.value : value;
  if (typeof number === "bigint") return Number(number);
  if (typeof number !== "number" || !Number.isFinite(number)) throw new Refused("claim-type", name);
  return number;
}

/** ["Signature1", protected, no external data, payload] (RFC 9052 § 4.4). */
function sigStructure(protectedBytes, payload) {
  const context = bytesOf("Signature1");
  return concatenated(
    Uint8Array.of(0x84, 0x6a), context, byteString(protectedBytes), Uint8Array.of(0x40),
    byteString(payload),
  );
}

function byteString(data) {
  const { length } = data;
  if (length < 24) return concatenated(Uint8Array.of(0x40 | length), data);
  if (length < 256) return concatenated(Uint8Array.of(0x58, length), data);
  return concatenated(Uint8Array.of(0x59, length >> 8, length & 0xff), data);
}
