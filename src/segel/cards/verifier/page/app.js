/** The page: lists, camera, pictures, pasted text, results, counts. */
import { chunkOf } from "../card/numeric.js";
import { HeldLists } from "../lists/held_lists.js";
import { Camera } from "./camera.js";
import { count, counts, dayOf, RESULTS } from "./counters.js";
import { Gate } from "./gate.js";
import { ListStates } from "./list_states.js";
import { Reader } from "./reader.js";
import { Result } from "./result.js";
import { allowSound } from "./signals.js";
import { openStore } from "./store.js";
import { offerUpdates } from "./updates.js";
import { unread, verdictOf, verdictOfPass } from "./verdict.js";
import { warmUp } from "./warm_up.js";
import { Words } from "./words.js";

const REFRESH_MS = 60 * 60 * 1000;
/** A code that is still before the camera after its result is not judged again at once. */
const SAME_CODE_MS = 3_000;
const CHUNKS_WAIT_MS = 60_000;
const HEALTH_CARD = "shc:/";
/** SMART Health Cards, Health Cards as QR Codes. */
const HEALTH_CARD_VERSION_MAX = 22;
const RULES_NAME = "segel-verifier-rules";

const $ = (id) => document.getElementById(id);
const now = () => Date.now() / 1000;
const json = async (name) => (await fetch(name)).json();

const [facts, config] = await Promise.all([json("facts.json"), json("config.json")]);
let words = new Words(facts);
const lists = new HeldLists(await openStore(), config.pins, config.lists);
const states = new ListStates($("lists"), lists);
const reader = new Reader();
const camera = new Camera($("video"), reader, foundByCamera);
const gate = new Gate($("gate-code"), $("gate-typed"), lists);
const result = new Result($("result"), afterResult);
let last = { text: null, at: -Infinity };
let parts = { texts: [], at: -Infinity };

// --- what is judged ---------------------------------------------------------------------------

async function foundByCamera([{ text, version }], { frameAt, tookMs }) {
  if (text === last.text && performance.now() - last.at < SAME_CODE_MS) {
    last.at = performance.now();
    return;
  }
  last = { text, at: performance.now() };
  if (chunkOf(text) && !gate.isOpen) {
    const whole = gathered(text);
    if (whole) await show(await judged(whole));
    return;
  }
  await show(await judgedCode({ text, version }));
  afterPaint(() => {
    performance.clearMeasures();
    performance.measure("frame-to-result", { start: frameAt, detail: { readerMs: tookMs } });
  });
}

const afterPaint = (then) => requestAnimationFrame(() => setTimeout(then));

/** All parts of a card in several codes; undefined as long as some are missing. */
function gathered(text) {
  const { count } = chunkOf(text);
  if (performance.now() - parts.at > CHUNKS_WAIT_MS) parts = { texts: [], at: 0 };
  parts.at = performance.now();
  if (!parts.texts.includes(text)) parts.texts.push(text);
  tell(words.text("camera.parts", { seen: parts.texts.length, count }));
  if (parts.texts.length < count) return undefined;
  const whole = parts.texts;
  parts = { texts: [], at: -Infinity };
  tell("");
  return whole;
}

function judged(texts) {
  if (gate.isOpen) return verdictOfPass(texts[0], gate, facts, now(), $("paper").checked);
  return verdictOf(texts, lists, $("rules").value, facts, now());
}

function judgedCode({ text, version }) {
  const tooLarge = text.startsWith(HEALTH_CARD) && version > HEALTH_CARD_VERSION_MAX;
  return tooLarge ? unread("qr-version", facts) : judged([text]);
}

async function pictureChosen({ target }) {
  const [file] = target.files;
  target.value = "";
  if (!file) return;
  allowSound();
  const { codes, reason } = await reader.readFile(file);
  if (reason) show(unread(reason, facts));
  else if (codes.some(({ text }) => chunkOf(text))) show(await judged(codes.map(({ text }) => text)));
  else show(await judgedCode(codes[0]));
}

async function textGiven(event) {
  event.preventDefault();
  allowSound();
  const texts = $("text").value.split("\n").filter(Boolean);
  $("text").value = "";
  const whole = texts.length > 1 && !texts.every(chunkOf) ? [texts.join("\n")] : texts;
  show(await judged(whole.length ? whole : [""]));
}

// --- what is shown ----------------------------------------------------------------------------

function show(found) {
  camera.pause();
  result.show(found, words);
  afterPaint(() => {
    count(found.verdict, dayOf(new Date()));
    showCounts();
  });
}

function afterResult() {
  last.at = performance.now();
  states.show(words, now());
  if (camera.isOn) camera.goOn();
  else $("start").focus({ preventScroll: true });
}

function showCounts() {
  const today = counts(dayOf(new Date()));
  for (const one of RESULTS) $(`count-${one}`).textContent = today[one];
}

function tell(text) {
  $("told").textContent = text;
}

function showRules() {
  const chosen = $("rules").value || remembered();
  const options = [...lists.ruleSets.values()].map(
    (set) => new Option(set.namedIn(words.language), set.id, false, set.id === chosen),
  );
  $("rules").replaceChildren(...options);
  $("rules").disabled = !options.length;
}

function remembered() {
  try {
    return localStorage.getItem(RULES_NAME);
  } catch {
    return null;
  }
}

function showAll() {
  words.applyTo(document);
  document.title = words.text("page.title");
  $("language").textContent = words.text("page.other-language");
  states.show(words, now());
  showRules();
  showCounts();
  showMode();
  showCamera();
}

// --- what is done -----------------------------------------------------------------------------

async function startOrStop() {
  allowSound();
  if (camera.isOn) camera.stop();
  else {
    tell("");
    last = { text: null, at: -Infinity };
    try {
      await camera.start(gate.isOpen ? "user" : "environment");
    } catch (error) {
      tell(words.text(error.name === "NotAllowedError" ? "camera.refused" : "camera.missing"));
    }
  }
  showCamera();
}

async function turnTo(mode) {
  if (camera.isOn) camera.stop();
  if (mode === "gate") await gate.open();
  else gate.close();
  tell("");
  showMode();
  showCamera();
}

function showMode() {
  document.body.classList.toggle("at-gate", gate.isOpen);
  $("mode-card").setAttribute("aria-pressed", !gate.isOpen);
  $("mode-gate").setAttribute("aria-pressed", gate.isOpen);
  $("idle").textContent = words.text(gate.isOpen ? "camera.idle-gate" : "camera.idle");
}

function showCamera() {
  document.body.classList.toggle("looking", camera.isOn);
  $("start").textContent = words.text(camera.isOn ? "camera.stop" : "camera.start");
}

async function refresh() {
  $("refresh").disabled = true;
  await lists.refresh(now());
  $("refresh").disabled = false;
  showRules();
  states.show(words, now());
}

$("mode-card").addEventListener("click", () => turnTo("card"));
$("mode-gate").addEventListener("click", () => turnTo("gate"));
$("start").addEventListener("click", startOrStop);
$("picture").addEventListener("change", pictureChosen);
$("paste").addEventListener("submit", textGiven);
$("refresh").addEventListener("click", refresh);
$("rules").addEventListener("change", () => {
  try {
    localStorage.setItem(RULES_NAME, $("rules").value);
  } catch {
    // The first set is chosen again next time.
  }
});
$("language").addEventListener("click", () => {
  words = words.turned();
  showAll();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden && camera.isOn) {
    camera.stop();
    showCamera();
  }
  if (!document.hidden) showAll();
});
window.addEventListener("online", refresh);
setInterval(refresh, REFRESH_MS);

await lists.open();
showAll();
await refresh();
result.prepare(await warmUp(facts.cardOfNobody, reader, lists, $("rules").value, facts), words);
document.body.classList.add("ready");
offerUpdates($("update"), () => words.applyTo(document));
