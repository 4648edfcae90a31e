/** A verdict, full screen, for some seconds; then nothing of it is left in the page. */
import { descriptionOf } from "../lists/rules.js";
import { signal } from "./signals.js";

/** Long enough to compare a name and a birth date with a passport. */
const SHOWN_MS = { fit: 15_000, not: 20_000, cannot: 20_000 };
const MARKS = { fit: "✓", not: "✕", cannot: "?" };
const RULES_SHOWN_MAX = 4;
/** Remarks that whoever stands at the gate should know. */
const TOLD = ["result-detected", "pass-copyable"];

export class Result {
  #root;
  #gone;
  #timer = null;

  /** `gone` is called when the result has left the screen. */
  constructor(root, gone) {
    this.#root = root;
    this.#gone = gone;
    root.addEventListener("click", () => this.hide());
    root.addEventListener("keydown", ({ key }) => {
      if (["Escape", "Enter", " "].includes(key)) this.hide();
    });
    document.addEventListener("visibilitychange", () => document.hidden && this.hide());
  }

  get isShown() {
    return !this.#root.hidden;
  }

  show(result, words) {
    const { verdict } = result;
    this.#fill(result, words);
    this.#root.style.setProperty("--shown", `${SHOWN_MS[verdict]}ms`);
    this.#root.querySelector(".next").focus({ preventScroll: true });
    signal(verdict);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hide(), SHOWN_MS[verdict]);
  }

  /** Lays out a result that nobody sees, so that the first one is shown at once. */
  prepare(result, words) {
    this.#root.style.visibility = "hidden";
    this.#fill(result, words);
    this.#root.getBoundingClientRect();
    this.#empty();
    this.#root.style.visibility = "";
  }

  #fill(result, words) {
    const { verdict } = result;
    const inside = made("div", "inside", "");
    inside.append(
      made("p", "mark", MARKS[verdict], { "aria-hidden": "true" }),
      made("h2", "verdict", words.text(`verdict.${verdict}`), { id: "verdict" }),
      ...person(result.holder, words),
      ...linesOf(result, words).map(([kind, line]) => made("p", kind, line)),
    );
    this.#root.replaceChildren(
      inside,
      made("button", "next", words.text("result.next"), { type: "button" }),
      made("div", "countdown", ""),
    );
    this.#root.dataset.verdict = verdict;
    this.#root.hidden = false;
  }

  #empty() {
    this.#root.replaceChildren();
    this.#root.hidden = true;
  }

  hide() {
    if (!this.isShown) return;
    clearTimeout(this.#timer);
    this.#empty();
    this.#gone();
  }
}

function person(holder, words) {
  if (!holder) return [];
  const name = [holder.given || holder.givenIcao, holder.family || holder.familyIcao];
  const box = made("div", "person", "");
  box.append(
    made("p", "name", name.filter(Boolean).join(" ")),
    made("p", "birth", holder.birth ? words.text("result.born", { day: words.birth(holder.birth) }) : ""),
    made("p", "compare", words.text("result.compare")),
  );
  return [box];
}

/** What the verdict rests on: reasons and what to do, or what the rules say. */
function linesOf(result, words) {
  const { reason, also = [], rules, remarks = [], ...fitness } = result;
  const [what, remedy] = saidOf(result, words);
  const lines = [["what", what]];
  for (const other of also) lines.push(["what more", words.reason(other)[0]]);
  for (const kind of ["failed", "unsaid"]) {
    for (const rule of (fitness[kind] ?? []).slice(0, RULES_SHOWN_MAX)) {
      const gaps = { rule: descriptionOf(rule, words.language) };
      lines.push(["rule", words.text(`result.${kind}`, gaps)]);
    }
  }
  for (const remark of TOLD.filter((one) => remarks.includes(one))) {
    lines.push(["rule", words.remark(remark)]);
  }
  if (remedy) lines.push(["remedy", remedy]);
  if (reason) lines.push(["small code", reason]);
  if (rules) lines.push(["small", words.text("result.rules", { rules: rules.namedIn(words.language) })]);
  return lines;
}

function saidOf({ reason, outcome, isPass }, words) {
  if (isPass) return [words.text("gate.admitted"), ""];
  return reason ? words.reason(reason) : words.outcome(outcome);
}

function made(tag, className, text, attributes = {}) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
