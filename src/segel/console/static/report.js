// The reporting page: saves a draft while it is dictated, says so, and never loses what was typed.
// Nothing is kept in the browser. Without this script the same form saves by its buttons.

const SAVE_AFTER_MS = 4_000; // of silence
const SAVE_APART_MS = 20_000; // each save is a version, and stands in the patient's log
const RETRY_MS = 15_000;
const CHANNEL = "segel-report"; // between tabs of one person, by the page's key

const place = document.getElementById("report-place");
const formNow = () => document.getElementById("report-form");
const fieldsOf = (form) => [...form.querySelectorAll("textarea")];
const valuesOf = (form) => Object.fromEntries(new FormData(form));

let dirty = false;
let saving = null;
let stopped = ""; // why it does not save by itself: "conflict", "ended", "refused"
let savedAt = 0;
let timer = 0;

function say(name, { problem = false, link = false } = {}) {
  const state = document.getElementById("report-state");
  const { dataset } = formNow();
  if (!state || !(name in dataset)) return;
  state.textContent = dataset[name];
  state.classList.toggle("problem-line", problem);
  if (link) {
    const a = Object.assign(document.createElement("a"), {
      href: "/sign-in",
      target: "_blank",
      rel: "noopener",
      textContent: dataset.signIn,
    });
    state.append(" ", a);
  }
}

// --- saving -------------------------------------------------------------------------------------

function saveSoon() {
  clearTimeout(timer);
  if (stopped === "conflict" || stopped === "ended") return;
  timer = setTimeout(save, Math.max(SAVE_AFTER_MS, savedAt + SAVE_APART_MS - Date.now()));
}

// Save what stands in the fields; true once the archive has it.
async function save({ leaving = false, asked = false } = {}) {
  clearTimeout(timer);
  if (saving) await saving;
  if (!dirty) return true;
  if (stopped && !asked) return false;
  const mine = send(leaving);
  saving = mine.catch(() => {});
  try {
    return await mine;
  } finally {
    saving = null;
    if (dirty && !stopped) saveSoon();
  }
}

async function send(leaving) {
  const form = formNow();
  dirty = false; // what is typed from here on is newer than what is sent
  if (!leaving) say("saving");
  let answer;
  try {
    answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "text/html", "X-Fragment": "report" },
      keepalive: leaving,
    });
  } catch {
    return failed("away");
  }
  const version = answer.headers.get("X-Report-Version");
  if (answer.ok && version) {
    form.elements.version.value = version;
    form.dataset.conflict = "no";
    savedAt = Date.now();
    stopped = "";
    say(dirty ? "unsaved" : "saved");
    return true;
  }
  if (answer.status === 401 || answer.status === 404) return failed("ended");
  const html = await answer.text();
  if ((answer.status === 409 || answer.status === 422) && html) {
    swap(html);
    dirty = true;
    stopped = answer.status === 409 ? "conflict" : "refused";
    if (answer.status === 409) say("busy", { problem: true });
    return false;
  }
  return failed(answer.status >= 500 ? "away" : "refused");
}

function failed(why) {
  dirty = true;
  stopped = why === "away" ? "" : why;
  say(why, { problem: true, link: why === "ended" });
  if (why === "away") timer = setTimeout(save, RETRY_MS);
  return false;
}

// The form anew, as the server shows it, with whatever was typed since it was sent.
function swap(html) {
  const before = formNow();
  const typed = valuesOf(before);
  const { activeElement } = document;
  const at = before.contains(activeElement) && activeElement.name;
  const [start, end] = at ? [activeElement.selectionStart, activeElement.selectionEnd] : [0, 0];
  place.innerHTML = html;
  const form = formNow();
  for (const field of fieldsOf(form)) if (field.name in typed) field.value = typed[field.name];
  ready(form);
  const again = form.querySelector("[aria-invalid]") ?? (at && form.elements[at]);
  again?.focus?.();
  if (at && again?.name === at && again.setSelectionRange) again.setSelectionRange(start, end);
  form.querySelector("[role=alert]")?.scrollIntoView({ block: "center" });
}

// --- the form -----------------------------------------------------------------------------------

function changed() {
  dirty = true;
  if (formNow().dataset.mode !== "draft") return; // an amendment is not kept before it is signed
  if (!stopped || stopped === "refused") say("unsaved");
  stopped = stopped === "refused" ? "" : stopped;
  saveSoon();
}

function grow(field) {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

function ready(form) {
  for (const field of fieldsOf(form)) grow(field);
  if (form.dataset.mode === "kept") return;
  form.addEventListener("input", (event) => {
    if (event.target.matches("textarea")) grow(event.target);
    event.target.removeAttribute("aria-invalid");
    if (event.target.name !== "chosen") changed();
  });
  form.addEventListener("click", (event) => {
    const take = event.target.closest("[data-take]");
    if (!take || !("text" in take.dataset)) return;
    const field = form.elements[take.dataset.take];
    field.value = take.dataset.text;
    grow(field);
    take.closest(".theirs").remove();
    field.focus();
    changed();
  });
  form.addEventListener("submit", onSubmit);
}

async function onSubmit(event) {
  const form = event.target;
  const to = event.submitter?.getAttribute("formaction");
  if (form.dataset.mode === "amend") {
    dirty = false; // it goes along
    return;
  }
  event.preventDefault();
  if (to?.endsWith("/template")) return template(form, to);
  dirty = true;
  if ((await save({ asked: true })) && to) location.assign(to);
}

async function template(form, to) {
  try {
    const answer = await fetch(to, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "text/html", "X-Fragment": "report" },
    });
    if (!answer.ok) return failed(answer.status === 401 || answer.status === 404 ? "ended" : "away");
    place.innerHTML = await answer.text();
    ready(formNow());
    changed();
    formNow().querySelector("textarea").focus();
  } catch {
    failed("away");
  }
}

// --- keys ---------------------------------------------------------------------------------------

function step(by) {
  const fields = fieldsOf(formNow());
  const at = fields.indexOf(document.activeElement);
  const next = fields[at < 0 ? (by > 0 ? 0 : fields.length - 1) : at + by];
  if (!next) return;
  next.focus();
  next.setSelectionRange(next.value.length, next.value.length);
}

// To the end of the next line, in any field, that is a heading with nothing after it.
function blank(by) {
  const fields = fieldsOf(formNow());
  const at = fields.indexOf(document.activeElement);
  const cursor = at < 0 ? -1 : fields[at].selectionStart;
  const found = fields.flatMap((field, index) =>
    [...field.value.matchAll(/:[ \t]*$/gm)].map((match) => ({ index, end: match.index + match[0].length })),
  );
  const after = (one) => one.index > at || (one.index === at && one.end > cursor);
  const before = (one) => one.index < at || (one.index === at && one.end < cursor);
  const next = by > 0 ? found.find(after) ?? found[0] : found.findLast(before) ?? found.at(-1);
  if (!next) return;
  const field = fields[next.index];
  field.focus();
  if (!/\s$/.test(field.value.slice(0, next.end))) {
    field.setRangeText(" ", next.end, next.end, "end");
    next.end += 1;
  }
  field.setSelectionRange(next.end, next.end);
}

function browse(key) {
  document.getElementById("stage")?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}

document.addEventListener("keydown", (event) => {
  if (!formNow() || formNow().dataset.mode === "kept" || event.metaKey) return;
  const { key, altKey, ctrlKey, shiftKey } = event;
  let act = null;
  if (key === "F8" && !altKey && !ctrlKey) act = () => step(shiftKey ? -1 : 1);
  else if (key === "F4" && !altKey && !ctrlKey) act = () => blank(shiftKey ? -1 : 1);
  else if (altKey && (key === "ArrowUp" || key === "ArrowDown")) act = () => browse(key);
  else if (ctrlKey && key.toLowerCase() === "s" && formNow().dataset.mode === "draft") {
    act = () => {
      dirty = true;
      save({ asked: true });
    };
  }
  if (!act) return;
  event.preventDefault();
  act();
});

// --- leaving, and coming back -------------------------------------------------------------------

addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && dirty && formNow()?.dataset.mode === "draft") save({ leaving: true });
});

// A tab whose session ended hands its text to one that begins anew, when that one asks for it.
const channel = formNow() && new BroadcastChannel(CHANNEL);
const keyOf = () => formNow().elements.key.value;

function offered(values) {
  const form = formNow();
  if (document.getElementById("found") || form.dataset.mode === "kept") return;
  const note = Object.assign(document.createElement("div"), { id: "found", className: "note" });
  note.setAttribute("role", "alert");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "secondary" });
  button.textContent = form.dataset.take;
  button.addEventListener("click", () => {
    for (const field of fieldsOf(form)) {
      if (!(field.name in values)) continue;
      field.value = values[field.name];
      grow(field);
    }
    note.remove();
    changed();
    channel.postMessage({ key: keyOf(), taken: true });
  });
  note.append(form.dataset.found, " ", button);
  form.prepend(note);
}

if (channel) {
  channel.addEventListener("message", ({ data }) => {
    if (data.key !== keyOf()) return;
    const holds = stopped === "ended" || formNow().dataset.mode === "kept";
    if (data.asks && holds) {
      const texts = fieldsOf(formNow()).map((field) => [field.name, field.value]);
      channel.postMessage({ key: keyOf(), values: Object.fromEntries(texts) });
    } else if (data.values && !holds) {
      offered(data.values);
    } else if (data.taken && holds) {
      dirty = false; // it is in the other tab now
    }
  });
  ready(formNow());
  if (formNow().dataset.mode !== "kept") channel.postMessage({ key: keyOf(), asks: true });
  dirty = formNow().dataset.conflict === "yes";
  if (dirty) stopped = "conflict";
}
