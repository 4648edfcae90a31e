/** Bytes, text and base64 between each other, strictly. */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const SIX_BITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Throws where the bytes are no UTF-8. A byte-order mark stays. */
export const textOf = (bytes) => utf8.decode(bytes);
export const bytesOf = (text) => encoder.encode(text);

export function concatenated(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Standard base64 with padding; throws. */
export function fromBase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4) throw new TypeError("not base64");
  return binary(atob(text));
}

/** base64url without padding, and no bits behind the last byte (RFC 7515 § 2); throws. */
export function fromBase64Url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new TypeError("not base64url");
  const spare = { 0: 0, 2: 0b1111, 3: 0b11 }[text.length % 4];
  if (SIX_BITS.indexOf(text.at(-1)) & spare) throw new TypeError("not base64url");
  return binary(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
}

export function toBase64Url(bytes) {
  let said = "";
  const step = 0x8000; // String.fromCharCode takes so many arguments everywhere
  for (let at = 0; at < bytes.length; at += step) {
    said += String.fromCharCode(...bytes.subarray(at, at + step));
  }
  return btoa(said).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function binary(said) {
  const bytes = new Uint8Array(said.length);
  for (let at = 0; at < said.length; at++) bytes[at] = said.charCodeAt(at);
  return bytes;
}
