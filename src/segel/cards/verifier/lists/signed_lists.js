/** The signed lists that a verifier takes along: the twin of `segel.cards.signed_lists`. */
import { bytesOf, fromBase64Url } from "../card/bytes.js";
import { isObject, readObject } from "../card/json.js";
import { Refused, orRefuse } from "../card/refused.js";
import { isPoint, thumbprint, verifiesEs256 } from "../card/trust.js";

const MIB = 1024 * 1024;
/** What each is called in a header, and above how many characters it is not even looked at. */
export const KINDS = {
  trust: { typ: "segel-trust+jws", charactersMax: 16 * MIB },
  rules: { typ: "segel-rules+jws", charactersMax: 4 * MIB },
  revoked: { typ: "segel-revoked+jws", charactersMax: 32 * MIB },
};
const HEADER_CHARACTERS_MAX = 1024;
const DEPTH_MAX = 160;
const TIME_S_MAX = 253_402_300_799;
/** So far this device's clock may be behind that of whoever signs. */
const LEEWAY_S = 5 * 60;
const JWK_MEMBERS = "crv kty x y";
const OF_JSON = {
  "payload-too-deep": "lists-too-deep",
  "payload-duplicate-key": "lists-duplicate-key",
};

/** Content and edition of the list in `text`, signed by one of `pins`, whatever its age. */
export async function openList(text, kind, pins) {
  const { typ, charactersMax } = KINDS[kind];
  if (text.length > charactersMax) throw new Refused("lists-too-large");
  const parts = text.replace(/\n$/, "").split(".");
  if (parts.length !== 3 || !parts.every(Boolean) || parts[0].length > HEADER_CHARACTERS_MAX) {
    throw new Refused("lists-structure");
  }
  const [header, payload, signature] = parts.map((part) =>
    orRefuse("lists-structure", () => fromBase64Url(part)),
  );
  const jwk = await keyOf(object(header, "header"), typ);
  const pin = await thumbprint(jwk);
  if (!pins.includes(pin)) throw new Refused("lists-key-unknown");
  const signed = bytesOf(`${parts[0]}.${parts[1]}`);
  if (!(await verifiesEs256(jwk, signature, signed))) throw new Refused("lists-signature");
  const content = object(payload, "");
  return { content, ...editionOf(content) };
}

/** Refuses a list that may not be used at the time `at` (seconds) after one of `serialMin`. */
export function demandInForce({ serial, issued, expires }, at, serialMin = 0) {
  if (serial < serialMin) throw new Refused("lists-older", "serial");
  if (at + LEEWAY_S < issued) throw new Refused("lists-not-yet-valid", "issued");
  if (at > expires) throw new Refused("lists-expired", "expires");
}

/** Whether half of a list's life is over. */
export const ages = ({ issued, expires }, at) => at > issued + (expires - issued) / 2;

function object(bytes, place) {
  try {
    return readObject(bytes, { depthMax: DEPTH_MAX });
  } catch (error) {
    throw new Refused(OF_JSON[error.reason] ?? "lists-not-json", place);
  }
}

async function keyOf(header, typ) {
  if (Object.keys(header).sort().join(" ") !== "alg jwk typ") throw new Refused("lists-header");
  const { alg, jwk } = header;
  if (alg !== "ES256") throw new Refused("lists-algorithm");
  if (header.typ !== typ) throw new Refused("lists-type");
  const texts =
    isObject(jwk) &&
    Object.keys(jwk).sort().join(" ") === JWK_MEMBERS &&
    Object.values(jwk).every((one) => typeof one === "string");
  const holds = texts && jwk.kty === "EC" && jwk.crv === "P-256" && (await isPoint(jwk));
  if (!holds) throw new Refused("lists-key");
  return jwk;
}

function editionOf(content) {
  const serial = whole(content, "serial", Number.MAX_SAFE_INTEGER);
  const issued = whole(content, "issued", TIME_S_MAX);
  const expires = whole(content, "expires", TIME_S_MAX);
  if (expires < issued) throw new Refused("lists-times", "expires");
  return { serial, issued, expires };
}

function whole(content, name, most) {
  const value = content[name];
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    throw new Refused("lists-content", name);
  }
  return value;
}
