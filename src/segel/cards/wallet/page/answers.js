/** What a holder's code says: to a gate, or on paper. The twin of `segel.cards.passes`. */
import { bytesOf, concatenated, fromBase64Url, sha256 } from "../card/bytes.js";

const GATE = "segel-gate:";
const NONCE_BYTES = 16;
const SIGNED_BY_HOLDER = bytesOf("segel-venue-pass-v1");
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** The nonce in a gate's code, scanned or typed; undefined where it is none. */
export function nonceIn(text) {
  const said = text.trim();
  try {
    const nonce = fromBase64Url(said.startsWith(GATE) ? said.slice(GATE.length) : said);
    return nonce.length === NONCE_BYTES ? nonce : undefined;
  } catch {
    return undefined;
  }
}

/** The pass with its key's signature over the gate's nonce. */
export async function answerText({ message, key }, nonce) {
  const signed = concatenated(SIGNED_BY_HOLDER, nonce, await sha256(message));
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, signed);
  const pair = [Uint8Array.of(0x82), ...bstr(message), ...bstr(new Uint8Array(signature))];
  return `SP1:${base45(concatenated(...pair))}`;
}

export const paperText = ({ message }) => `HC1:${base45(message)}`;

/** A CBOR byte string, whose length is above 23 and below 65,536. */
function bstr(bytes) {
  const { length } = bytes;
  const head = length < 256 ? [0x58, length] : [0x59, length >> 8, length & 0xff];
  return [Uint8Array.from(head), bytes];
}

/** RFC 9285. */
function base45(bytes) {
  let text = "";
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const value = (bytes[at] << 8) | bytes[at + 1];
    text += ALPHABET[value % 45] + ALPHABET[Math.trunc(value / 45) % 45] + ALPHABET[Math.trunc(value / 2025)];
  }
  if (bytes.length % 2) {
    const last = bytes.at(-1);
    text += ALPHABET[last % 45] + ALPHABET[Math.trunc(last / 45)];
  }
  return text;
}
