/** Base45, strictly (RFC 9285). The twin of `segel.cards.base45`. */
import { Refused } from "./refused.js";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const DIGIT_OF = new Map([...ALPHABET].map((character, digit) => [character.charCodeAt(0), digit]));

export function decode(text) {
  const digits = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const digit = DIGIT_OF.get(text.charCodeAt(at));
    if (digit === undefined) throw new Refused("base45-character");
    digits[at] = digit;
  }
  const left = digits.length % 3;
  if (left === 1) throw new Refused("base45-length");
  const whole = digits.length - left;
  const bytes = new Uint8Array((whole / 3) * 2 + (left ? 1 : 0));
  let to = 0;
  for (let at = 0; at < whole; at += 3) {
    const value = digits[at] + 45 * digits[at + 1] + 2025 * digits[at + 2];
    if (value > 0xffff) throw new Refused("base45-value");
    bytes[to++] = value >> 8;
    bytes[to++] = value & 0xff;
  }
  if (left) {
    const value = digits[whole] + 45 * digits[whole + 1];
    if (value > 0xff) throw new Refused("base45-value");
    bytes[to] = value;
  }
  return bytes;
}
