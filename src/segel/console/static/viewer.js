// The light viewer: rendered frames on a canvas.
// A window is previewed here on the 8-bit picture while the finger moves, and then asked for from
// the server, which applies it to the image's full depth.

import { listen, listenToKeys } from "./viewer-input.js";
import { PLAIN, paint, ruler } from "./viewer-paint.js";
import { Pictures } from "./viewer-pictures.js";

const at = (id) => document.getElementById(id);
const say = (id, text) => (at(id).textContent = text);
const series = JSON.parse(at("study").textContent);
const root = document.querySelector(".viewer");
const stage = at("stage");
const slider = at("slider");
const seriesSelect = at("series");
const presetSelect = at("preset");
const playButton = at("play");
const tools = [...document.querySelectorAll("[data-tool]")];

const FULL_PX = 4096; // the longest side that the server gives
const SCREEN_PX = Math.min(FULL_PX, Math.ceil((Math.max(screen.width, screen.height) * devicePixelRatio) / 512) * 512);
const SHARPEN_ZOOM = 1.5; // from here on the screen's own size is not enough
const SETTLE_MS = 250;
const AHEAD = 6; // frames fetched before a film comes to them
const PRESETS = { lung: [-600, 1500], bone: [400, 1800], soft: [40, 400], brain: [40, 80] }; // HU

const pictures = new Pictures();
const upright = { zoom: 1, x: 0, y: 0, turn: 0, flip: false };
const view = { ...upright, series: 0, frame: 0, invert: false, tool: "", window: null, inUnits: false };
let shown = null; // { bitmap, window, address, at } on the canvas now
let wanted = 0; // number of the newest request; older answers are dropped
let film = null; // an object of its own for every time that it is started

const frames = () => series[view.series] ?? [];
const picture = () => frames()[view.frame];
const windowNow = () => view.window ?? picture()?.window ?? PLAIN;
const inUnits = () => Boolean(picture()?.grey && (view.window ? view.inUnits : picture().window)); // else of eight bits

function addressOf(one) {
  const side = view.zoom > SHARPEN_ZOOM && one.side ? FULL_PX : SCREEN_PX;
  const query = new URLSearchParams({ size: one.side ? Math.min(one.side, side) : side });
  if (view.window && view.inUnits && one.grey) {
    query.set("centre", view.window[0].toFixed(1));
    query.set("width", view.window[1].toFixed(1));
  }
  return `${one.at}?${query}`;
}

async function show() {
  const one = picture();
  if (!one) return;
  const number = ++wanted;
  describe();
  const other = shown?.at !== one.at; // the same one, sharper or in another window, comes unannounced
  const slow = setTimeout(() => other && number === wanted && say("state", root.dataset.loading), 200);
  const address = addressOf(one);
  const window = inUnits() ? windowNow() : PLAIN;
  try {
    const bitmap = await pictures.get(address);
    if (number !== wanted) return;
    shown = { bitmap, window, address, at: one.at };
    say("state", "");
    draw();
    stage.dataset.shown = `${view.series}/${view.frame}`;
    const near = film ? Array.from({ length: AHEAD }, (_, ahead) => ahead + 1) : [1, -1, 2];
    for (const step of near) {
      const next = frames()[view.frame + step];
      if (next) pictures.prepare(addressOf(next));
    }
  } catch (failure) {
    if (number !== wanted) return;
    shown = null;
    pause();
    draw();
    say("state", root.dataset[`failed${failure.message}`] ?? root.dataset.failed);
  } finally {
    clearTimeout(slow);
  }
}

function describe() {
  const count = frames().length;
  slider.max = Math.max(1, count);
  slider.value = view.frame + 1;
  slider.disabled = count < 2;
  slider.setAttribute("aria-valuetext", `${view.frame + 1} / ${count}`);
  say("place", count > 1 ? `${view.frame + 1} / ${count}` : "");
  const [centre, width] = windowNow().map(inUnits() ? Math.round : (value) => `${Math.round(value / 2.55)} %`);
  say("window", inUnits() || view.window ? `C ${centre} · W ${width}` : "");
}

function draw() {
  const scale = paint(stage, at("picture"), shown, view, windowNow(), picture());
  const line = shown && ruler(stage, (shown.bitmap.width * scale) / (picture()?.mm || Infinity));
  at("ruler").hidden = !line;
  if (!line) return;
  say("ruler-length", picture().detector ? `${line.text} ${root.dataset.detector}` : line.text);
  at("ruler-line").style.width = `${line.px}px`;
}

// --- what can be done ---------------------------------------------------------------------------

function go(frame) {
  const next = Math.max(0, Math.min(frames().length - 1, frame));
  if (next === view.frame) return;
  view.frame = next;
  show();
}

function browse(frame) {
  pause();
  go(frame);
}

function open(index) {
  pause();
  Object.assign(view, upright, { series: index, frame: Math.floor((series[index]?.length ?? 1) / 2), window: null });
  seriesSelect.value = String(index);
  presetSelect.value = "default";
  const ct = seriesSelect.selectedOptions[0]?.textContent.startsWith("CT");
  const stated = Boolean(picture()?.window);
  const offer = (which, on) => {
    for (const option of presetSelect.querySelectorAll(which)) option.hidden = option.disabled = !on;
  };
  offer("[data-ct]", ct);
  offer("[data-stated]", stated);
  presetSelect.parentElement.hidden = !stated && !ct;
  const many = frames().length > 1;
  for (const one of document.querySelectorAll("[data-film]")) one.hidden = !many;
  for (const one of document.querySelectorAll("[data-series]")) {
    one.setAttribute("aria-pressed", String(Number(one.dataset.series) === index));
  }
  choose(many ? "scroll" : picture()?.grey ? "window" : "pan");
  show();
}

function neighbour(step) {
  const pictured = series.map((one, index) => (one.length ? index : -1)).filter((index) => index >= 0);
  const next = pictured[pictured.indexOf(view.series) + step];
  if (next !== undefined) open(next);
}

let settling = 0;
function settleSoon() {
  clearTimeout(settling);
  settling = setTimeout(settle, SETTLE_MS);
}

function settle() {
  if (shown && picture() && addressOf(picture()) !== shown.address) show();
}

function pan(dx, dy) {
  view.x += dx;
  view.y += dy;
  draw();
}

function zoomBy(factor, x = 0, y = 0) {
  const zoom = Math.max(0.5, Math.min(16, view.zoom * factor));
  const real = zoom / view.zoom;
  view.x = x - (x - view.x) * real; // the point under the finger stays there
  view.y = y - (y - view.y) * real;
  view.zoom = zoom;
  draw();
  settleSoon();
}

function fit() {
  Object.assign(view, { zoom: 1, x: 0, y: 0 });
  draw();
}

function reset() {
  Object.assign(view, upright, { window: null });
  presetSelect.value = "default";
  setInvert(false);
  show();
}

function dragWindow(dx, dy) {
  const now = windowNow();
  const step = now[1] / 300; // a screen's height turns the window over about once
  Object.assign(view, { inUnits: inUnits(), window: [now[0] + dy * step, Math.max(1, now[1] + dx * step)] });
  presetSelect.value = "own";
  describe();
  draw();
}

function preset(name) {
  const base = picture()?.window;
  if (name === "default") view.window = null;
  else if (name === "narrow") view.window = [base[0], Math.max(1, base[1] * 0.6)];
  else if (name === "wide") view.window = [base[0], base[1] * 1.6];
  else view.window = PRESETS[name];
  view.inUnits = true;
  show();
}

function setInvert(on) {
  view.invert = on;
  at("invert").setAttribute("aria-pressed", String(on));
  draw();
}

function turn() {
  view.turn = (view.turn + (view.flip ? 3 : 1)) % 4; // clockwise as it is seen
  draw();
}

function flip() {
  view.flip = !view.flip;
  at("flip").setAttribute("aria-pressed", String(view.flip));
  draw();
}

function choose(tool) {
  view.tool = tool;
  for (const button of tools) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
}

// --- a film: as fast as asked for, and never faster than its pictures come -------------------------

async function play() {
  if (film || frames().length < 2) return;
  const mine = {};
  setFilm(mine);
  while (film === mine) {
    const due = performance.now() + 1000 / Number(at("speed").value);
    view.frame = (view.frame + 1) % frames().length;
    await show();
    await new Promise((resume) => setTimeout(resume, Math.max(0, due - performance.now())));
  }
}

const pause = () => setFilm(null);

function setFilm(now) {
  film = now;
  playButton.setAttribute("aria-pressed", String(Boolean(now)));
}

const playOrPause = () => (film ? pause() : play());

// --- wiring -------------------------------------------------------------------------------------

listen(stage, {
  tool: () => view.tool,
  count: () => frames().length,
  scroll: (step) => browse(view.frame + step),
  window: dragWindow,
  pan,
  zoom: zoomBy,
  fit,
  settle,
});

listenToKeys({
  ArrowUp: () => browse(view.frame - 1),
  ArrowDown: () => browse(view.frame + 1),
  PageUp: () => browse(view.frame - 10),
  PageDown: () => browse(view.frame + 10),
  Home: () => browse(0),
  End: () => browse(frames().length - 1),
  ArrowLeft: () => neighbour(-1),
  ArrowRight: () => neighbour(1),
  "+": () => zoomBy(1.25),
  "-": () => zoomBy(0.8),
  0: reset,
  " ": playOrPause,
  i: () => setInvert(!view.invert),
  r: turn,
  f: flip,
  "?": () => at("help").showModal(),
});

for (const [id, act] of Object.entries({
  "zoom-in": () => zoomBy(1.25),
  "zoom-out": () => zoomBy(0.8),
  invert: () => setInvert(!view.invert),
  play: playOrPause,
  "help-open": () => at("help").showModal(),
  fit,
  reset,
  turn,
  flip,
})) {
  at(id).addEventListener("click", act);
}
for (const button of tools) button.addEventListener("click", () => choose(button.dataset.tool));
for (const button of document.querySelectorAll("[data-series]")) {
  button.addEventListener("click", () => open(Number(button.dataset.series)));
}
slider.addEventListener("input", () => browse(Number(slider.value) - 1));
seriesSelect.addEventListener("change", () => open(Number(seriesSelect.value)));
presetSelect.addEventListener("change", () => preset(presetSelect.value));
new ResizeObserver(draw).observe(stage);

const first = Number(location.hash.slice(1));
open(series[first]?.length ? first : Math.max(0, series.findIndex((one) => one.length)));
