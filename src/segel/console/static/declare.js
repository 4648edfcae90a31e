// A health declaration at the traveller's side: the draft, which stays in this browser until it is
// sent; countries by name; and the recovery code behind the # of a link, which no server sees there.

const DRAFT = "segel-declaration";
const DRAFT_MS = 3 * 86_400_000; // an unfinished form is of a journey that is at hand

const names = new Intl.DisplayNames([document.documentElement.lang], { type: "region" });
const form = document.getElementById("declare");

for (const place of document.querySelectorAll("[data-country]")) {
  place.textContent = `${names.of(place.dataset.country)} (${place.dataset.country})`;
}

if (document.querySelector("[data-declared]")) localStorage.removeItem(DRAFT);

const byCode = document.querySelector("form[data-by-code]");
if (byCode && location.hash.length > 1) {
  byCode.elements.code.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  byCode.requestSubmit();
}

if (form) {
  listCountries();
  keepDraft();
}

function listCountries() {
  const list = document.getElementById("countries");
  const known = new Map();
  for (let first = 65; first <= 90; first += 1) {
    for (let second = 65; second <= 90; second += 1) {
      const code = String.fromCharCode(first, second);
      const name = names.of(code);
      if (name !== code && !["EU", "EZ", "UN", "QO", "ZZ", "XA", "XB", "XK"].includes(code)) known.set(name, code);
    }
  }
  for (const name of [...known.keys()].sort(new Intl.Collator(document.documentElement.lang).compare)) {
    const option = document.createElement("option");
    option.value = `${name} (${known.get(name)})`;
    list.append(option);
  }
  const folded = new Map([...known].map(([name, code]) => [name.toLocaleLowerCase(), `${name} (${code})`]));
  form.querySelector(".countries").addEventListener("change", ({ target }) => {
    const whole = folded.get(target.value.trim().toLocaleLowerCase()); // a name that was typed out
    if (whole) target.value = whole;
  });
}

function keepDraft() {
  const part = form.querySelector("[data-draft]");
  const keep = part.querySelector("[data-keep]");
  part.hidden = Boolean(form.elements.correcting); // what was sent is there already
  if (part.hidden) return;
  if (form.dataset.empty && restore()) part.querySelector("[data-restored]").hidden = false;
  let waiting = 0;
  const save = () => {
    clearTimeout(waiting);
    waiting = 0;
    if (!keep.checked) return localStorage.removeItem(DRAFT);
    const fields = [...new FormData(form)].filter(([, value]) => value);
    localStorage.setItem(DRAFT, JSON.stringify({ at: Date.now(), fields }));
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(save, 250);
  });
  form.addEventListener("submit", save); // until it is known to have arrived
  addEventListener("pagehide", () => waiting && save());
  part.querySelector("[data-forget]").addEventListener("click", () => {
    clearTimeout(waiting);
    waiting = 0;
    localStorage.removeItem(DRAFT);
    location.assign("/declare");
  });
}

// The code comes back with the draft: sent twice, because an answer got lost, it is one declaration.
function restore() {
  let draft;
  try {
    draft = JSON.parse(localStorage.getItem(DRAFT));
  } catch {
    draft = null;
  }
  if (!draft || !(Date.now() - draft.at < DRAFT_MS)) {
    localStorage.removeItem(DRAFT);
    return false;
  }
  for (const [name, value] of draft.fields) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field.type === "checkbox" || field.type === "radio") field.checked = field.value === value;
      else field.value = value;
    }
  }
  return true;
}
