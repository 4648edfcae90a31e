/** SMART Health Cards, opened: the twin of `segel.cards.shc`. */
import { bytesOf, fromBase64Url } from "./bytes.js";
import { inflateRaw } from "./inflating.js";
import { readObject } from "./json.js";
import { jwsOf } from "./numeric.js";
import { Refused, orRefuse } from "./refused.js";

const HEADER_CHARACTERS_MAX = 4096;
const THUMBPRINT_BYTES = 32;

export const openQr = (texts) => openJws(jwsOf(texts), texts.length > 1);

export function openJws(jws, chunked = false) {
  const parts = jws.split(".");
  if (parts.length !== 3 || !parts.every(Boolean) || parts[0].length > HEADER_CHARACTERS_MAX) {
    throw new Refused("jws-structure");
  }
  const [headerBytes, compressed, signature] = parts.map((part) =>
    orRefuse("base64url", () => fromBase64Url(part)),
  );
  const keyId = checked(orRefuse("jws-structure", () => readObject(headerBytes)));
  const payload = readObject(inflateRaw(compressed), { minified: true });
  const signed = bytesOf(jws.slice(0, jws.lastIndexOf(".")));
  return { kind: "shc", keyId, signed, signature, payload, chunked };
}

function checked(header) {
  if ("crit" in header) throw new Refused("header-critical");
  if (!("alg" in header)) throw new Refused("algorithm-missing");
  if (header.alg !== "ES256") throw new Refused("algorithm-unsupported");
  if (header.zip !== "DEF") throw new Refused("compression-missing");
  const keyId = header.kid ?? null;
  if (keyId === null) throw new Refused("key-id-missing");
  if (typeof keyId !== "string") throw new Refused("key-id-form");
  const bytes = orRefuse("key-id-form", () => fromBase64Url(keyId));
  if (bytes.length !== THUMBPRINT_BYTES) throw new Refused("key-id-form");
  return keyId;
}
