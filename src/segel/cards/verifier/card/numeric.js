/** The digits in a SMART Health Card's QR code: the twin of `segel.cards.numeric`. */
import { Refused } from "./refused.js";

export const PREFIX = "shc:/";
const WHOLE_CHARACTERS_MAX = 1195;
const CHUNK_CHARACTERS_MAX = 1191;
const CHUNKS_MAX = 32;
const OFFSET = 45;
const VALUE_MAX = "z".charCodeAt(0) - OFFSET;
const CHUNK = /^shc:\/([0-9]{1,3})\/([0-9]{1,3})\/([^]*)$/;

/** Number and count of one of several parts; undefined where the text is no part. */
export function chunkOf(text) {
  const match = CHUNK.exec(text);
  return match ? { number: Number(match[1]), count: Number(match[2]), digits: match[3] } : undefined;
}

/** The JWS in the texts of a card's QR codes, in any order. */
export function jwsOf(texts) {
  if (texts.length === 1 && !chunkOf(texts[0])) {
    return characters(texts[0].slice(PREFIX.length), WHOLE_CHARACTERS_MAX);
  }
  const parts = new Map();
  const counts = new Set();
  for (const text of texts) {
    const chunk = chunkOf(text);
    if (!chunk) throw new Refused("chunk-conflict");
    const { number, count, digits } = chunk;
    if (!(number >= 1 && number <= count && count <= CHUNKS_MAX)) throw new Refused("chunk-number");
    if (count === 1) throw new Refused("chunk-alone");
    if (parts.has(number)) throw new Refused("chunk-conflict");
    parts.set(number, characters(digits, CHUNK_CHARACTERS_MAX));
    counts.add(count);
  }
  if (counts.size !== 1) throw new Refused("chunk-conflict");
  const [count] = counts;
  if (parts.size !== count) throw new Refused("chunk-missing");
  let jws = "";
  for (let number = 1; number <= count; number++) jws += parts.get(number);
  if (jws.length <= WHOLE_CHARACTERS_MAX) throw new Refused("chunk-unbalanced");
  return jws;
}

function characters(digits, charactersMax) {
  if (!digits) throw new Refused("text-empty");
  if (!/^[0-9]*$/.test(digits)) throw new Refused("digits-character");
  if (digits.length % 2) throw new Refused("digits-odd");
  if (digits.length > 2 * charactersMax) throw new Refused("chunk-too-long");
  let said = "";
  for (let at = 0; at < digits.length; at += 2) {
    const value = Number(digits.slice(at, at + 2));
    if (value > VALUE_MAX) throw new Refused("digits-value");
    said += String.fromCharCode(value + OFFSET);
  }
  return said;
}
