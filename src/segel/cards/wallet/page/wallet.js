/** The page: how many passes there are, a gate's code, the answer to it, and more passes. */
import { fromBase64Url, toBase64Url } from "../card/bytes.js";
import { answerText, nonceIn, paperText } from "./answers.js";
import { Camera } from "./camera.js";
import { draw } from "./drawing.js";
import { newKey, openPasses } from "./held_passes.js";
import { Reader } from "./reader.js";
import { offerUpdates } from "./updates.js";
import { Words } from "./words.js";

const ISSUING = "/my/passes";
const BATCH = 8;
/** What the answer's status says; anything else is "away". */
const REFUSALS = { 401: "get.sign-in", 403: "get.sign-in", 409: "get.not-fit", 422: "get.not-fit", 429: "get.many" };

const $ = (id) => document.getElementById(id);
const now = () => Date.now() / 1000;

let words = new Words(await (await fetch("facts.json")).json());
const passes = await openPasses().catch(() => null);
const camera = new Camera($("video"), new Reader(), foundByCamera);
const shown = $("shown");
let said = { told: "", got: "" };
let using = null;

// --- a gate -----------------------------------------------------------------------------------

async function foundByCamera([{ text }]) {
  const nonce = nonceIn(text);
  if (nonce) await answer(nonce);
}

async function typed(event) {
  event.preventDefault();
  const nonce = nonceIn($("nonce").value);
  if (!nonce) return tell("told", "type.wrong");
  $("nonce").value = "";
  await answer(nonce);
}

async function answer(nonce) {
  stopCamera();
  const pass = await passes?.any(now());
  if (!pass) return tell("told", "left.none");
  tell("told", "");
  // Once it has answered a gate, it answers no other: also if the page is closed now.
  const text = await answerText(pass, nonce);
  await passes.forget(pass.id);
  await show(text, { what: "shown.what", done: "shown.done" });
}

async function onPaper() {
  const pass = await passes?.any(now());
  if (!pass) return tell("told", "left.none");
  await passes.forget(pass.id);
  await show(paperText(pass), {
    heading: "paper.heading", until: pass.endsAt, what: "paper.linked", done: "paper.done",
  });
  window.print();
}

async function show(text, parts) {
  using = parts;
  await draw(shown.querySelector(".code"), text);
  shown.hidden = false;
  showWords();
  shown.focus();
}

function done() {
  shown.hidden = true;
  shown.querySelector(".code").removeAttribute("src");
  using = null;
  showAll();
}

// --- more passes ------------------------------------------------------------------------------

async function get() {
  $("get").disabled = true;
  tell("got", "get.busy");
  $("sign-in").hidden = true;
  try {
    tell("got", await fetched());
  } catch {
    tell("got", "get.away");
  }
  $("get").disabled = false;
  $("sign-in").hidden = said.got !== "get.sign-in";
  await showLeft();
}

/** Makes keys, has passes made for them, keeps both together; the key of the text that says how it
 * went. */
async function fetched() {
  if (!passes) return "get.keys";
  const keys = await Promise.all(Array.from({ length: BATCH }, newKey));
  const answered = await fetch(ISSUING, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ keys: keys.map(({ point }) => toBase64Url(point)) }),
    redirect: "manual",
  });
  if (answered.type === "opaqueredirect") return "get.sign-in";
  if (!answered.ok) return REFUSALS[answered.status] ?? "get.away";
  const made = await answered.json();
  await passes.keep(
    made.passes.map((message, at) => ({
      key: keys[at].key, message: fromBase64Url(message), endsAt: made.ends_s,
    })),
  );
  return "";
}

// --- what is shown ----------------------------------------------------------------------------

function tell(place, key) {
  said = { ...said, [place]: key };
  $(place).textContent = key ? words.text(key) : "";
}

async function showLeft() {
  const usable = (await passes?.usable(now())) ?? [];
  const until = Math.min(...usable.map(({ endsAt }) => endsAt));
  $("left").textContent = usable.length
    ? words.text("left.some", { count: usable.length, until: words.moment(until) })
    : words.text("left.none");
  for (const id of ["start", "print"]) $(id).disabled = !usable.length;
}

function showWords() {
  words.applyTo(document);
  document.title = words.text("page.title");
  $("language").textContent = words.text("page.other-language");
  for (const [place, key] of Object.entries(said)) tell(place, key);
  if (!using) return;
  const part = (name) => shown.querySelector(`.${name}`);
  part("heading").textContent = using.heading ? words.text(using.heading) : "";
  part("what").textContent = words.text(using.what);
  part("done").textContent = words.text(using.done);
  part("until").textContent = using.until
    ? words.text("paper.until", { until: words.moment(using.until) })
    : "";
}

function showAll() {
  showWords();
  showCamera();
  showLeft();
}

function showCamera() {
  document.body.classList.toggle("looking", camera.isOn);
  document.querySelector(".finder").hidden = !camera.isOn;
  $("start").textContent = words.text(camera.isOn ? "scan.stop" : "scan.start");
}

function stopCamera() {
  if (camera.isOn) camera.stop();
  showCamera();
}

async function startOrStop() {
  if (camera.isOn) return stopCamera();
  tell("told", "");
  document.querySelector(".finder").hidden = false;
  try {
    await camera.start();
  } catch (error) {
    tell("told", error.name === "NotAllowedError" ? "scan.refused" : "scan.missing");
    $("typing").open = true;
  }
  showCamera();
}

$("start").addEventListener("click", startOrStop);
$("type").addEventListener("submit", typed);
$("get").addEventListener("click", get);
$("print").addEventListener("click", onPaper);
$("drop").addEventListener("click", async () => {
  await passes?.forgetAll();
  showAll();
});
shown.querySelector(".done").addEventListener("click", done);
$("language").addEventListener("click", () => {
  words = words.turned();
  showAll();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) stopCamera();
  else showLeft();
});

showAll();
document.body.classList.add("ready");
offerUpdates($("update"), () => words.applyTo(document));
navigator.storage?.persist?.(); // passes of today are not thrown out for want of room
