/**
 * The three lists that this device holds, and when each may be used.
 *
 * They are kept as they were signed and are verified again at each start. The highest serial seen is
 * kept beside: a list is never replaced by an older one, whoever brings it.
 */
import { Refused } from "../card/refused.js";
import { Trust } from "../card/trust.js";
import { ruleSetsOf } from "./rules.js";
import { ages, demandInForce, KINDS, openList } from "./signed_lists.js";
import { Snapshot } from "./snapshot.js";

const READ = {
  trust: (content) => new Trust(content),
  rules: ruleSetsOf,
  revoked: (content) => new Snapshot(content),
};
const FETCH_MS_MAX = 60_000;

export class HeldLists {
  #store;
  #pins;
  #address;
  #held = {};
  #serials = {};
  /** By kind, why the last fetch brought nothing new; absent: it did, or none was tried. */
  troubles = {};

  /** `store` keeps `{text, serial}` by kind; `address` is where the lists are fetched from. */
  constructor(store, pins, address) {
    this.#store = store;
    this.#pins = pins;
    this.#address = address;
  }

  /** Opens what the device holds already. */
  async open() {
    for (const kind of Object.keys(KINDS)) {
      const kept = await this.#store.get(kind);
      if (!kept) continue;
      this.#serials[kind] = kept.serial;
      try {
        this.#held[kind] = await this.#opened(kind, kept.text);
      } catch (error) {
        this.troubles[kind] = reasonOf(error);
      }
    }
  }

  /** Fetches the three lists. Whatever is wrong with one leaves the one that is held. */
  async refresh(at) {
    await Promise.all(Object.keys(KINDS).map((kind) => this.#refresh(kind, at)));
  }

  async #refresh(kind, at) {
    let text;
    try {
      const answer = await fetch(`${this.#address}${kind}.jws`, {
        cache: "no-store",
        credentials: "omit",
        signal: AbortSignal.timeout(FETCH_MS_MAX),
      });
      if (!answer.ok) throw new TypeError("not there");
      text = await answer.text();
    } catch {
      this.troubles[kind] = "offline";
      return;
    }
    try {
      await this.take(kind, text, at);
      delete this.troubles[kind];
    } catch (error) {
      this.troubles[kind] = reasonOf(error);
    }
  }

  /** Takes a list over, if it may be used at the time `at` and is not older than one seen before. */
  async take(kind, text, at) {
    const opened = await this.#opened(kind, text);
    demandInForce(opened, at, this.#serials[kind] ?? 0);
    await this.#store.put(kind, { text, serial: opened.serial });
    this.#serials[kind] = opened.serial;
    this.#held[kind] = opened;
  }

  async #opened(kind, text) {
    const { content, ...edition } = await openList(text, kind, this.#pins);
    try {
      return { ...edition, usable: READ[kind](content) };
    } catch (error) {
      throw error instanceof Refused ? error : new Refused("lists-content");
    }
  }

  /** Trust, rules and revocations, all in force at the time `at`; or refuses, with the reason. */
  inForce(at) {
    const found = {};
    for (const kind of Object.keys(KINDS)) {
      const held = this.#held[kind];
      if (!held) throw new Refused(this.#reasonWithout(kind), kind);
      demandInForce(held, at);
      found[kind] = held.usable;
    }
    return found;
  }

  #reasonWithout(kind) {
    const trouble = this.troubles[kind];
    return trouble && trouble !== "offline" ? trouble : "lists-missing";
  }

  /** The sets of rules that are held, whether or not they may be used now. */
  get ruleSets() {
    return this.#held.rules?.usable ?? new Map();
  }

  /** Of each list: kind, edition or null, `ages`, and the reason why it cannot be used, or null. */
  states(at) {
    return Object.keys(KINDS).map((kind) => {
      const held = this.#held[kind];
      if (!held) return { kind, edition: null, ages: false, reason: this.#reasonWithout(kind) };
      let reason = null;
      try {
        demandInForce(held, at);
      } catch (error) {
        ({ reason } = error);
      }
      const { serial, issued, expires } = held;
      return { kind, edition: { serial, issued, expires }, ages: ages(held, at), reason };
    });
  }
}

const reasonOf = (error) => (error instanceof Refused ? error.reason : "lists-content");
