/** The words of the page and of results, in the chosen language; all of them come in `facts.json`. */

const NAME = "segel-verifier-language";
export const LANGUAGES = ["id", "en"];

export class Words {
  constructor(facts, language = preferred()) {
    this.facts = facts;
    this.language = language;
  }

  /** A text of the page, its gaps filled. */
  text(key, gaps = {}) {
    const said = this.facts.texts[key][this.language];
    return said.replace(/\{(\w+)\}/g, (_, name) => gaps[name]);
  }

  /** What is so, and what to do about it. */
  reason(reason) {
    return this.facts.reasons[reason][this.language];
  }

  outcome(outcome) {
    return this.facts.outcomes[outcome][this.language];
  }

  remark(remark) {
    return this.facts.remarks[remark][this.language];
  }

  moment(seconds) {
    return new Intl.DateTimeFormat(this.#locale, { dateStyle: "medium", timeStyle: "short" }).format(
      new Date(seconds * 1000),
    );
  }

  /** A birth date as it is known: a day, a month, a year, or nothing. */
  birth(text) {
    const [, year, month, day] = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/.exec(text) ?? [];
    const date = new Date(Date.UTC(year, (month ?? 1) - 1, day ?? 1));
    if (!month || Number.isNaN(date.getTime())) return text;
    const shown = { year: "numeric", month: "long", timeZone: "UTC" };
    if (day) shown.day = "numeric";
    return new Intl.DateTimeFormat(this.#locale, shown).format(date);
  }

  get #locale() {
    return this.language === "id" ? "id-ID" : "en-GB";
  }

  /** The other language, remembered. */
  turned() {
    const [other] = LANGUAGES.filter((one) => one !== this.language);
    try {
      localStorage.setItem(NAME, other);
    } catch {
      // It is asked again next time.
    }
    return new Words(this.facts, other);
  }

  /** Writes the texts into the elements that name them. */
  applyTo(root) {
    document.documentElement.lang = this.language;
    for (const element of root.querySelectorAll("[data-text]")) {
      element.textContent = this.text(element.dataset.text);
    }
    for (const element of root.querySelectorAll("[data-label]")) {
      element.setAttribute("aria-label", this.text(element.dataset.label));
    }
  }
}

function preferred() {
  let kept = null;
  try {
    kept = localStorage.getItem(NAME);
  } catch {
    // Nothing is kept.
  }
  if (LANGUAGES.includes(kept)) return kept;
  return navigator.language?.startsWith("en") ? "en" : "id";
}
