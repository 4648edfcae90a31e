/**
 * CBOR from strangers (RFC 8949) within limits: the twin of `segel.cards.cbor`, reason by reason.
 *
 * Whole numbers are `number`, or `bigint` where that is not exact; what is a float says so, because
 * a certificate's numbers and key ids must not be one. Maps are `CborMap`, tags `Tag`.
 */
import { textOf, hexOf, concatenated } from "./bytes.js";
import { Refused } from "./refused.js";

export const DEPTH_MAX = 16;
export const SIGN1_TAG = 18;
export const CWT_TAG = 61;
const UNDEFINED = 23;
const TIME_TAGS = [0, 1];

export class Float {
  constructor(value) {
    this.value = value;
  }
}

/** `undefined` (23) and the simple values without a meaning: nothing that a card may hold. */
export class Simple {
  constructor(number) {
    this.number = number;
  }
}

export class Tag {
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

/** A map whose keys are compared by value: 1, 1.0, true and simple(1) are one key, as in Python. */
export class CborMap {
  #entries = new Map();

  /** Whether the key is new. */
  add(key, value) {
    const name = nameOf(key);
    if (this.#entries.has(name)) return false;
    this.#entries.set(name, [key, value]);
    return true;
  }

  has(key) {
    return this.#entries.has(nameOf(key));
  }

  get(key) {
    return this.#entries.get(nameOf(key))?.[1];
  }

  get size() {
    return this.#entries.size;
  }

  [Symbol.iterator]() {
    return this.#entries.values();
  }
}

let strangers = 0;

function nameOf(key) {
  if (key instanceof Float) key = key.value;
  switch (typeof key) {
    case "boolean":
      return `n${Number(key)}`;
    case "number":
      return Number.isNaN(key) ? `nan${strangers++}` : `n${key}`; // NaN equals nothing
    case "bigint":
      return `n${key}`;
    case "string":
      return `t${key}`;
  }
  if (key === null) return "null";
  if (key instanceof Uint8Array) return `b${hexOf(key)}`;
  if (Array.isArray(key)) return `[${key.map((one) => JSON.stringify(nameOf(one))).join()}]`;
  if (key instanceof Tag) return `tag${key.tag}:${nameOf(key.value)}`;
  if (key instanceof Simple) return key.number === UNDEFINED ? "undefined" : `n${key.number}`;
  const inside = [...key].map(([name, value]) => JSON.stringify([nameOf(name), nameOf(value)]));
  return `{${inside.sort().join()}}`;
}

/** The one item that the bytes are. */
export function read(bytes) {
  const reader = new Reader(bytes);
  const item = reader.item(0);
  if (reader.at !== bytes.length) throw new Refused("cbor-trailing");
  return item;
}

const BREAK = Symbol("break");
const INDEFINITE = Symbol("indefinite");

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  take(count) {
    if (count > this.bytes.length - this.at) throw new Refused("cbor-truncated");
    this.at += Number(count);
    return this.at - Number(count);
  }

  item(depth) {
    const item = this.itemOrBreak(depth);
    if (item === BREAK) throw new Refused("cbor-broken");
    return item;
  }

  itemOrBreak(depth) {
    const initial = this.bytes[this.take(1)];
    const major = initial >> 5;
    const info = initial & 0x1f;
    if (major === 7) return this.simple(info);
    const length = this.length(info);
    if (length === INDEFINITE && (major < 2 || major === 6)) throw new Refused("cbor-broken");
    switch (major) {
      case 0:
        return length;
      case 1:
        return narrowed(-1n - BigInt(length));
      case 2:
        return this.string(length, 2);
      case 3:
        return this.text(length);
    }
    if (depth >= DEPTH_MAX && length !== 0) throw new Refused("cbor-too-deep");
    if (major === 4) return this.array(length, depth + 1);
    if (major === 5) return this.map(length, depth + 1);
    return tagged(length, this.item(depth + 1));
  }

  length(info) {
    if (info < 24) return info;
    switch (info) {
      case 24:
        return this.view.getUint8(this.take(1));
      case 25:
        return this.view.getUint16(this.take(2));
      case 26:
        return this.view.getUint32(this.take(4));
      case 27:
        return narrowed(this.view.getBigUint64(this.take(8)));
      case 31:
        return INDEFINITE;
    }
    throw new Refused("cbor-broken");
  }

  simple(info) {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 24: {
        const number = this.bytes[this.take(1)];
        if (number < 32) throw new Refused("cbor-broken");
        return new Simple(number);
      }
      case 25:
        return new Float(halfFloat(this.view.getUint16(this.take(2))));
      case 26:
        return new Float(this.view.getFloat32(this.take(4)));
      case 27:
        return new Float(this.view.getFloat64(this.take(8)));
      case 31:
        return BREAK;
    }
    if (info > 27) throw new Refused("cbor-broken");
    return new Simple(info);
  }

  string(length, major) {
    if (length !== INDEFINITE) {
      const from = this.take(length);
      return this.bytes.subarray(from, this.at);
    }
    const parts = [];
    for (;;) {
      const initial = this.bytes[this.take(1)];
      if (initial === 0xff) return concatenated(...parts);
      if (initial >> 5 !== major || (initial & 0x1f) === 31) throw new Refused("cbor-broken");
      const part = this.string(this.length(initial & 0x1f), major);
      if (major === 3) this.checked(part);
      parts.push(part);
    }
  }

  text(length) {
    return this.checked(this.string(length, 3));
  }

  checked(bytes) {
    try {
      return textOf(bytes);
    } catch {
      throw new Refused("cbor-broken");
    }
  }

  array(length, depth) {
    const items = [];
    if (length === INDEFINITE) {
      for (let item; (item = this.itemOrBreak(depth)) !== BREAK; ) items.push(item);
      return items;
    }
    for (let count = 0; count < length; count++) items.push(this.item(depth));
    return items;
  }

  map(length, depth) {
    const map = new CborMap();
    for (let count = 0; length === INDEFINITE || count < length; count++) {
      const key = length === INDEFINITE ? this.itemOrBreak(depth) : this.item(depth);
      if (key === BREAK) break;
      if (!map.add(key, this.item(depth))) throw new Refused("cbor-duplicate-key");
    }
    return map;
  }
}

/** Issuers mark times by tag; the text or number under it is what the schema speaks of. */
function tagged(tag, value) {
  if (TIME_TAGS.includes(tag)) return value;
  if (tag !== SIGN1_TAG && tag !== CWT_TAG) throw new Refused("cbor-tag");
  return new Tag(tag, value);
}

function narrowed(big) {
  const number = Number(big);
  return Number.isSafeInteger(number) ? number : big;
}

function halfFloat(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
