/**
 * The passes of this device: each with the key that only this browser can sign with.
 *
 * Keys are made not to be extractable: they lie in the browser's key store, and neither this page nor
 * whoever copies its data gets them out. A pass that was shown is forgotten, key and all.
 */
import { concatenated } from "../card/bytes.js";

const NAME = "segel-passes";
const PASSES = "passes";
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const COORDINATE_BYTES = 32;

export async function openPasses() {
  return new HeldPasses(await opened());
}

/** A key pair, and its public point as passes have it (SEC 1 § 2.3.3, compressed). */
export async function newKey() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, false, ["sign"]);
  const whole = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  const x = whole.subarray(1, 1 + COORDINATE_BYTES);
  const isOdd = whole.at(-1) & 1;
  return { key: privateKey, point: concatenated(Uint8Array.of(2 + isOdd), x) };
}

class HeldPasses {
  constructor(database) {
    this.database = database;
  }

  /** Those that hold at `now` (seconds), in no order that says when each was made; the others go. */
  async usable(now) {
    const all = await this.#done("readwrite", (passes) => passes.getAll());
    const over = all.filter(({ endsAt }) => endsAt <= now);
    for (const { id } of over) await this.forget(id);
    return all.filter(({ endsAt }) => endsAt > now);
  }

  /** One of them, as chance has it. */
  async any(now) {
    const usable = await this.usable(now);
    if (!usable.length) return undefined;
    const [chance] = crypto.getRandomValues(new Uint32Array(1));
    return usable[chance % usable.length];
  }

  async keep(passes) {
    await this.#done("readwrite", (kept) => {
      for (const one of passes) kept.put({ ...one, id: crypto.randomUUID() });
    });
  }

  async forget(id) {
    await this.#done("readwrite", (passes) => passes.delete(id));
  }

  async forgetAll() {
    await this.#done("readwrite", (passes) => passes.clear());
  }

  #done(mode, ask) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(PASSES, mode);
      const request = ask(transaction.objectStore(PASSES));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(PASSES, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
