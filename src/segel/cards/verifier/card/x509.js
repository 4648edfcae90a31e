/**
 * What a verifier needs of a document signer's certificate: key, times, usages. Read leniently, as
 * `segel.cards.signers` does: that it stands on the signed list is the trust.
 */
import { toBase64Url } from "./bytes.js";
import { compressedPoint } from "./p256.js";

const EC_KEY = "1.2.840.10045.2.1";
const P256 = "1.2.840.10045.3.1.7";
const RSA_KEYS = ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"];
const EXTENDED_KEY_USAGE = "2.5.29.37";
const RSA_BITS_MIN = 2048;
const RSA_BITS_MAX = 4096;
const PURPOSES = { 1: "test", 2: "vaccination", 3: "recovery" };
/** Usages of document signers; the first specifications wrote a zero too many. */
const PURPOSE = /^1\.3\.6\.1\.4\.1\.(?:0\.)?1847\.2021\.1\.([123])$/;

const SEQUENCE = 0x30;
const OBJECT = 0x06;
const OCTETS = 0x04;
const UTC_TIME = 0x17;

/** `{notBefore, notAfter}` in seconds, `purposes` (null: all), `algorithm` and `jwk`; or throws. */
export function readCertificate(der) {
  const [tbs] = children(der, SEQUENCE);
  const fields = children(tbs.whole, SEQUENCE);
  if (fields[0].tag === 0xa0) fields.shift(); // the version
  const [, , , validity, , keyInfo, ...rest] = fields;
  const [from, until] = children(validity.whole, SEQUENCE).map(secondsOf);
  const extensions = rest.find((one) => one.tag === 0xa3);
  return {
    notBefore: from,
    notAfter: until,
    purposes: purposesOf(extensions),
    ...keyOf(keyInfo),
  };
}

function keyOf(keyInfo) {
  const [algorithm, bits] = children(keyInfo.whole, SEQUENCE);
  const [name, parameters] = children(algorithm.whole, SEQUENCE);
  const key = bits.content.subarray(1); // how many bits are spare: none
  if (oidOf(name) === EC_KEY) {
    if (parameters?.tag !== OBJECT || oidOf(parameters) !== P256) throw new TypeError("curve");
    return { algorithm: "ES256", jwk: pointOf(key) };
  }
  if (!RSA_KEYS.includes(oidOf(name))) throw new TypeError("key");
  const [modulus, exponent] = children(key, SEQUENCE).map((one) => withoutZeros(one.content));
  const bitLength = modulus.length * 8 - Math.clz32(modulus[0]) + 24;
  if (bitLength < RSA_BITS_MIN || bitLength > RSA_BITS_MAX) throw new TypeError("key size");
  const jwk = { kty: "RSA", n: toBase64Url(modulus), e: toBase64Url(exponent) };
  return { algorithm: "PS256", jwk };
}

function pointOf(key) {
  if (key[0] !== 4) return compressedPoint(key);
  if (key.length !== 65) throw new TypeError("point");
  return {
    kty: "EC", crv: "P-256", x: toBase64Url(key.subarray(1, 33)), y: toBase64Url(key.subarray(33)),
  };
}

/** A set of usages that cannot be read allows none; one that names none of ours allows all. */
function purposesOf(extensions) {
  if (!extensions) return null;
  try {
    const [list] = children(extensions.whole, 0xa3);
    for (const extension of children(list.whole, SEQUENCE)) {
      const [name, ...rest] = children(extension.whole, SEQUENCE);
      if (oidOf(name) !== EXTENDED_KEY_USAGE) continue;
      const octets = rest.find((one) => one.tag === OCTETS);
      const usages = children(octets.content, SEQUENCE).map(oidOf);
      const named = usages.map((usage) => PURPOSE.exec(usage)?.[1]).filter(Boolean);
      return named.length ? named.map((last) => PURPOSES[last]) : null;
    }
    return null;
  } catch {
    return [];
  }
}

function children(bytes, tag) {
  const outer = elementAt(bytes, 0);
  if (outer.tag !== tag) throw new TypeError("structure");
  const found = [];
  for (let at = 0; at < outer.content.length; ) {
    const one = elementAt(outer.content, at);
    found.push(one);
    at += one.whole.length;
  }
  return found;
}

function elementAt(bytes, at) {
  const tag = bytes[at];
  let length = bytes[at + 1];
  let from = at + 2;
  if (length & 0x80) {
    const count = length & 0x7f;
    if (count < 1 || count > 3) throw new TypeError("length");
    length = 0;
    for (let i = 0; i < count; i++) length = (length << 8) | bytes[from++];
  }
  if (!(from + length <= bytes.length)) throw new TypeError("length");
  return { tag, content: bytes.subarray(from, from + length), whole: bytes.subarray(at, from + length) };
}

function oidOf({ tag, content }) {
  if (tag !== OBJECT || !content.length) throw new TypeError("object identifier");
  const arcs = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const first = Math.min(2, Math.floor(arcs[0] / 40));
  return [first, arcs[0] - 40 * first, ...arcs.slice(1)].join(".");
}

function secondsOf({ tag, content }) {
  const digits = String.fromCharCode(...content);
  const [, years, rest] = (tag === UTC_TIME ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})Z$/).exec(digits);
  const year = tag === UTC_TIME ? Number(years) + (years >= 50 ? 1900 : 2000) : Number(years);
  const [month, day, hour, minute, second] = rest.match(/../g).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

function withoutZeros(bytes) {
  const first = bytes.findIndex(Boolean);
  return bytes.subarray(first < 0 ? bytes.length : first);
}
