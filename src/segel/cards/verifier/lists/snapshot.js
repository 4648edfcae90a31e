/** All revocations in one Bloom filter: the twin of `segel.cards.snapshot`. */
import { fromBase64, sha256 } from "../card/bytes.js";
import { isObject } from "../card/json.js";
import { Refused } from "../card/refused.js";

const HASHES_MAX = 64;
const BYTES_MAX = 16 * 1024 * 1024;

export class Snapshot {
  #bits;
  #hashes;
  #data;

  /** Of the content of a list of revocations. */
  constructor({ filter }) {
    if (!isObject(filter)) throw new Refused("lists-content", "filter");
    this.#bits = whole(filter, "bits", 8, BYTES_MAX * 8);
    this.#hashes = whole(filter, "hashes", 1, HASHES_MAX);
    this.count = whole(filter, "count", 0, BYTES_MAX * 8);
    try {
      this.#data = fromBase64(filter.data);
    } catch {
      throw new Refused("lists-content", "filter.data");
    }
    if (this.#data.length * 8 !== this.#bits) throw new Refused("lists-content", "filter.data");
  }

  /** Whether any of a card's marks is in it, or seems to be. */
  async has(marks) {
    for (const mark of marks) if (await this.#holds(mark)) return true;
    return false;
  }

  async #holds(mark) {
    const digest = new DataView((await sha256(mark)).buffer);
    const size = BigInt(this.#bits);
    // Below 2^28 each, so that their sum is exact.
    let at = Number(digest.getBigUint64(0) % size);
    const step = Number((digest.getBigUint64(8) | 1n) % size);
    for (let count = 0; count < this.#hashes; count++) {
      if (!((this.#data[at >> 3] >> (at & 7)) & 1)) return false;
      at = (at + step) % this.#bits;
    }
    return true;
  }
}

function whole(said, name, least, most) {
  const value = said[name];
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new Refused("lists-content", `filter.${name}`);
  }
  return value;
}
