/** The revoked cards of one SMART Health Cards' key: the twin of that in `segel.cards.revoking`. */
import { isObject } from "./json.js";
import { Refused } from "./refused.js";

const RID_CHARACTERS_MAX = 24;
const RIDS_MAX = 1_000_000;
const LISTED = /^([A-Za-z0-9_-]+)(?:\.(\d{1,12}))?$/;

export class RevocationList {
  #revoked = new Map();

  /** Of a parsed CRL file of the key; throws. */
  constructor(document, keyId) {
    if (!isObject(document)) throw new Refused("revocations-shape");
    if (document.kid !== keyId) throw new Refused("revocations-key");
    if (document.method !== "rid") throw new Refused("revocations-method");
    const { ctr, rids } = document;
    if (!Number.isInteger(ctr) || !Array.isArray(rids) || rids.length > RIDS_MAX) {
      throw new Refused("revocations-shape");
    }
    this.edition = ctr;
    for (const one of rids) {
      const [, rid, until] = (typeof one === "string" && LISTED.exec(one)) || [];
      if (!rid) throw new Refused("revocations-rid-form");
      if (rid.length > RID_CHARACTERS_MAX) throw new Refused("revocations-rid-length");
      if (this.#revoked.has(rid)) throw new Refused("revocations-rid-twice");
      this.#revoked.set(rid, until === undefined ? Infinity : Number(until));
    }
  }

  /** Those with a time are revoked only where they began before it. */
  revokes({ rid, startsAt }) {
    return rid !== null && startsAt < (this.#revoked.get(rid) ?? -Infinity);
  }
}
