/** How old the three lists are, and what is wrong with them, in words. */

export class ListStates {
  #root;
  #lists;

  constructor(root, lists) {
    this.#root = root;
    this.#lists = lists;
  }

  show(words, at) {
    const states = this.#lists.states(at);
    const worst = worstOf(states);
    this.#root.dataset.state = worst;
    this.#root.querySelector(".summary").textContent = summary(states, worst, words);
    this.#root.querySelector("ul").replaceChildren(
      ...states.map((state) => line(state, this.#lists.troubles[state.kind], words)),
    );
  }
}

function worstOf(states) {
  if (states.some(({ reason }) => reason)) return "unusable";
  return states.some(({ ages }) => ages) ? "ageing" : "current";
}

function summary(states, worst, words) {
  if (worst === "unusable") return words.reason(states.find(({ reason }) => reason).reason)[0];
  const until = Math.min(...states.map(({ edition }) => edition.expires));
  const issued = Math.min(...states.map(({ edition }) => edition.issued));
  const gaps = { issued: words.moment(issued), until: words.moment(until) };
  return words.text(worst === "ageing" ? "lists.ageing" : "lists.current", gaps);
}

function line({ kind, edition, reason }, trouble, words) {
  const item = document.createElement("li");
  const parts = [words.text(`lists.${kind}`)];
  if (edition) {
    const { serial, issued, expires } = edition;
    const gaps = { serial, issued: words.moment(issued), until: words.moment(expires) };
    parts.push(words.text("lists.edition", gaps));
  }
  if (reason) parts.push(words.reason(reason).filter(Boolean).join(" "));
  if (trouble === "offline") parts.push(words.text("lists.offline"));
  else if (trouble && trouble !== reason) parts.push(words.reason(trouble)[0]);
  item.append(...parts.map((text, at) => {
    const part = document.createElement(at ? "span" : "strong");
    part.textContent = text;
    return part;
  }));
  return item;
}
