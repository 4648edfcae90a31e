/** Sets of rules in CertLogic, applied to a genuine card: the twin of `segel.cards.rules`. */
import { plain } from "../card/dcc.js";
import { isObject } from "../card/json.js";
import { Refused } from "../card/refused.js";
import { evaluate } from "../vendor/certlogic.js";

const ENGINE = "CERTLOGIC";
const ENGINE_VERSION = [1, 3, 3];
const SCHEMA_MAJOR = 1;

/** The sets in the content of a list of rules, by their ids. */
export function ruleSetsOf({ sets }) {
  if (!Array.isArray(sets)) throw new Refused("lists-content", "sets");
  return new Map(sets.map((said) => [said.id, new RuleSet(said)]));
}

export class RuleSet {
  #rules;
  #valueSets;

  constructor(said) {
    if (!isObject(said) || typeof said.id !== "string" || !isObject(said.name)) {
      throw new Refused("lists-content", "sets");
    }
    // What was read has no prototypes, which CertLogic's evaluator asks for.
    const { id, name, rules, valueSets = {} } = JSON.parse(JSON.stringify(said));
    this.id = id;
    this.name = name;
    this.#rules = rules.map(checked);
    this.#valueSets = valueSets;
  }

  namedIn(language) {
    return this.name[language] || this.name.en || this.id;
  }

  /**
   * What the set says, at the time `at` (seconds), of a card that was **judged genuine**:
   * `outcome`, and the rules that say no, or nothing.
   */
  fitnessOf(card, content, at) {
    if (card.kind !== "hcert") return { outcome: "cannot-say-no-rule", failed: [], unsaid: [] };
    const failed = [];
    const unsaid = [];
    let spokenOf = false;
    const payload = plain(card.certificate);
    for (const rule of this.#asked(content, at)) {
      spokenOf ||= rule.Type === "Acceptance" && rule.CertificateType !== "General";
      const said = this.#said(rule, payload, card, content, at);
      if (said === false) failed.push(rule);
      else if (said !== true) unsaid.push(rule);
    }
    let outcome = "fit";
    if (failed.length) outcome = "not-fit";
    else if (unsaid.length) outcome = "cannot-say-not-evaluated";
    else if (!spokenOf) outcome = "cannot-say-no-rule";
    return { outcome, failed, unsaid };
  }

  /** The newest version in force of each rule that is for the card. */
  #asked(content, at) {
    const newest = new Map();
    for (const rule of this.#rules) {
      if (!(rule.from <= at && at <= rule.until)) continue;
      const other = newest.get(rule.Identifier);
      if (!other || isBelow(other.version, rule.version)) newest.set(rule.Identifier, rule);
    }
    return [...newest.values()].filter(
      (rule) =>
        ["general", content.kind].includes(rule.CertificateType.toLowerCase()) &&
        (rule.Type === "Acceptance" || rule.Country === content.country),
    );
  }

  #said(rule, payload, card, content, at) {
    if (rule.Engine !== ENGINE || isBelow(ENGINE_VERSION, numbersOf(rule.EngineVersion))) return;
    if (numbersOf(rule.SchemaVersion)[0] !== SCHEMA_MAJOR) return;
    const external = {
      validationClock: textOf(at),
      valueSets: this.#valueSets,
      countryCode: rule.Country,
      region: rule.Region || "",
      issuerCountryCode: content.country,
      kid: base64Of(card.keyId),
      iat: textOf(card.issuedAt),
      exp: textOf(card.expiresAt),
    };
    try {
      return evaluate(rule.Logic, { payload, external });
    } catch {
      return undefined; // an endless rule, too: it meets the end of the stack
    }
  }
}

/** A rule's description in the language; in English, or any, where it has none in that. */
export function descriptionOf({ Description }, language) {
  const said = (wanted) => Description.find(({ lang }) => lang === wanted)?.desc;
  return said(language) || said("en") || Description[0]?.desc || "";
}

const TEXTS = ["Identifier", "Type", "Country", "Version", "SchemaVersion", "Engine", "EngineVersion",
  "CertificateType", "ValidFrom", "ValidTo"];

function checked(rule) {
  const holds =
    isObject(rule) &&
    TEXTS.every((name) => typeof rule[name] === "string") &&
    Array.isArray(rule.Description) &&
    isObject(rule.Logic);
  if (!holds) throw new Refused("lists-content", "rules");
  const [from, until] = [rule.ValidFrom, rule.ValidTo].map((text) => Date.parse(text) / 1000);
  if (Number.isNaN(from + until)) throw new Refused("lists-content", "rules");
  return { ...rule, from, until, version: numbersOf(rule.Version) };
}

const numbersOf = (version) => version.split(".").map(Number);

function isBelow(one, other) {
  const at = one.findIndex((number, place) => number !== other[place]);
  return at >= 0 && one[at] < other[at];
}

/** A time as rules have it: UTC, whole seconds. */
function textOf(seconds) {
  if (seconds === null) return null;
  const moment = new Date(Math.trunc(seconds) * 1000);
  return Number.isNaN(moment.getTime()) ? null : `${moment.toISOString().slice(0, 19)}Z`;
}

const base64Of = (bytes) => btoa(String.fromCharCode(...bytes));
