// The light viewer: rendered frames on a canvas. Drag, wheel, pinch, keys.
// A window is previewed here on the 8-bit picture while the finger moves, and then asked for from
// the server, which applies it to the image's full depth.

const series = JSON.parse(document.getElementById("study").textContent);
const root = document.querySelector(".viewer");
const stage = document.getElementById("stage");
const canvas = document.getElementById("picture");
const slider = document.getElementById("slider");
const seriesSelect = document.getElementById("series");
const presetSelect = document.getElementById("preset");
const say = (id, text) => (document.getElementById(id).textContent = text);

const KEPT_MAX = 48; // pictures in memory; a phone's tab has about 200 MB
const SIZE_PX = Math.min(4096, Math.ceil((Math.max(screen.width, screen.height) * devicePixelRatio) / 512) * 512);
const PRESETS = { lung: [-600, 1500], bone: [400, 1800], soft: [40, 400], brain: [40, 80] }; // HU

const view = { series: 0, frame: 0, zoom: 1, x: 0, y: 0, invert: false, tool: "", window: null };
const kept = new Map(); // address -> Promise<ImageBitmap>
let shown = null; // { bitmap, window } on the canvas now
let wanted = 0; // number of the newest request; older answers are dropped

const pictures = () => series[view.series] ?? [];
const picture = () => pictures()[view.frame];
const windowNow = () => view.window ?? picture()?.window ?? null;

function addressOf(one) {
  const query = new URLSearchParams({ size: SIZE_PX });
  const chosen = one.grey ? view.window : null;
  if (chosen) {
    query.set("centre", chosen[0].toFixed(1));
    query.set("width", chosen[1].toFixed(1));
  }
  return `${one.at}?${query}`;
}

function fetched(address) {
  if (!kept.has(address)) {
    const loading = fetch(address).then(async (answer) => {
      if (!answer.ok) throw new Error(String(answer.status));
      return createImageBitmap(await answer.blob());
    });
    loading.catch(() => kept.delete(address));
    kept.set(address, loading);
    while (kept.size > KEPT_MAX) {
      const [oldest] = kept.keys();
      kept.delete(oldest);
    }
  }
  return kept.get(address);
}

async function show() {
  const one = picture();
  if (!one) return;
  const number = ++wanted;
  describe();
  const slow = setTimeout(() => number === wanted && say("state", root.dataset.loading), 200);
  try {
    const bitmap = await fetched(addressOf(one));
    if (number !== wanted) return;
    shown = { bitmap, window: windowNow() };
    say("state", "");
    draw();
    stage.dataset.shown = `${view.series}/${view.frame}`;
    for (const near of [view.frame + 1, view.frame - 1, view.frame + 2]) {
      if (pictures()[near]) fetched(addressOf(pictures()[near])).catch(() => {});
    }
  } catch (failure) {
    if (number !== wanted) return;
    shown = null;
    draw();
    say("state", failure.message === "401" ? root.dataset.ended : root.dataset.failed);
  } finally {
    clearTimeout(slow);
  }
}

function describe() {
  const count = pictures().length;
  slider.max = Math.max(1, count);
  slider.value = view.frame + 1;
  slider.disabled = count < 2;
  slider.setAttribute("aria-valuetext", `${view.frame + 1} / ${count}`);
  say("place", count > 1 ? `${view.frame + 1} / ${count}` : "");
  const chosen = picture()?.grey ? windowNow() : null;
  say("window", chosen ? `C ${Math.round(chosen[0])} · W ${Math.round(chosen[1])}` : "");
}

function draw() {
  const ratio = devicePixelRatio;
  const width = (canvas.width = Math.round(stage.clientWidth * ratio));
  const height = (canvas.height = Math.round(stage.clientHeight * ratio));
  const context = canvas.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  if (!shown) return;
  const { bitmap } = shown;
  const scale = Math.min(width / bitmap.width, height / bitmap.height) * view.zoom;
  context.filter = previewFilter();
  context.imageSmoothingQuality = "high";
  context.setTransform(scale, 0, 0, scale, width / 2 + view.x * ratio, height / 2 + view.y * ratio);
  context.drawImage(bitmap, -bitmap.width / 2, -bitmap.height / 2);
  context.setTransform(1, 0, 0, 1, 0, 0);
}

function previewFilter() {
  const filters = [];
  const [from, to] = [shown.window, windowNow()];
  if (from && to && picture().grey && (from[0] !== to[0] || from[1] !== to[1])) {
    // A picture value p (0..1) becomes a·p + c under the other window. contrast(s) makes it
    // s·p + ½ - s/2, brightness(b) multiplies; each clips, and in this order nothing that counts.
    const a = from[1] / to[1];
    const c = (from[0] - from[1] / 2 - (to[0] - to[1] / 2)) / to[1];
    if (picture().inverted) filters.push("invert(1)"); // back to the values, and again below
    if (c > 0) filters.push(`contrast(${a / (2 * c + a)})`, `brightness(${2 * c + a})`);
    else filters.push(`brightness(${a / (1 - 2 * c)})`, `contrast(${1 - 2 * c})`);
    if (picture().inverted) filters.push("invert(1)");
  }
  if (view.invert) filters.push("invert(1)");
  return filters.join(" ") || "none";
}

function go(frame) {
  const next = Math.max(0, Math.min(pictures().length - 1, frame));
  if (next === view.frame) return;
  view.frame = next;
  show();
}

function open(index) {
  Object.assign(view, { series: index, frame: Math.floor((series[index]?.length ?? 1) / 2), window: null });
  seriesSelect.value = String(index);
  presetSelect.value = "default";
  const ct = seriesSelect.selectedOptions[0]?.textContent.startsWith("CT");
  for (const option of presetSelect.querySelectorAll("[data-ct]")) option.hidden = option.disabled = !ct;
  document.querySelector("[data-tool=scroll]").hidden = pictures().length < 2;
  document.querySelector("[data-tool=window]").hidden = presetSelect.parentElement.hidden = !picture()?.grey;
  choose(pictures().length > 1 ? "scroll" : picture()?.grey ? "window" : "pan");
  fit();
  show();
}

function fit() {
  Object.assign(view, { zoom: 1, x: 0, y: 0 });
  draw();
}

function zoomBy(factor, x = 0, y = 0) {
  const zoom = Math.max(0.5, Math.min(16, view.zoom * factor));
  const real = zoom / view.zoom;
  view.x = x - (x - view.x) * real; // the point under the finger stays there
  view.y = y - (y - view.y) * real;
  view.zoom = zoom;
  draw();
}

function choose(tool) {
  view.tool = tool;
  for (const button of document.querySelectorAll("[data-tool]")) {
    button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  }
}

// --- pointers: one drags with the tool, two pinch ------------------------------------------------

const pointers = new Map();
let dragged = 0; // pixels since the last frame change
let pinch = null;

stage.addEventListener("pointerdown", (event) => {
  stage.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
  dragged = 0;
  pinch = pointers.size === 2 ? spread() : null;
});

stage.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
  pointers.set(event.pointerId, event);
  if (pinch) {
    const now = spread();
    view.x += now.x - pinch.x;
    view.y += now.y - pinch.y;
    zoomBy(now.distance / pinch.distance, now.x, now.y);
    pinch = now;
  } else if (event.buttons === 2 || view.tool === "window") {
    drag(dx, dy);
  } else if (event.buttons === 4 || view.tool === "pan") {
    view.x += dx;
    view.y += dy;
    draw();
  } else {
    dragged += dy;
    const step = Math.max(4, stage.clientHeight / (pictures().length * 1.5));
    if (Math.abs(dragged) >= step) {
      go(view.frame + Math.trunc(dragged / step));
      dragged %= step;
    }
  }
});

for (const end of ["pointerup", "pointercancel"]) {
  stage.addEventListener(end, (event) => {
    pointers.delete(event.pointerId);
    pinch = null;
    if (shown && view.window && shown.window?.join() !== view.window.join()) show();
  });
}

function spread() {
  const [one, two] = [...pointers.values()];
  const box = stage.getBoundingClientRect();
  return {
    distance: Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY) || 1,
    x: (one.clientX + two.clientX) / 2 - box.left - box.width / 2,
    y: (one.clientY + two.clientY) / 2 - box.top - box.height / 2,
  };
}

function drag(dx, dy) {
  const now = windowNow();
  if (!now || !picture().grey) return;
  const step = now[1] / 300; // a screen's height turns the window over about once
  view.window = [now[0] + dy * step, Math.max(1, now[1] + dx * step)];
  presetSelect.value = "default";
  describe();
  draw();
}

stage.addEventListener("contextmenu", (event) => event.preventDefault());
stage.addEventListener("dblclick", fit);
stage.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    if (event.ctrlKey || pictures().length < 2) {
      const box = stage.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
      zoomBy(Math.exp(-event.deltaY / 300), x, y);
    } else {
      go(view.frame + Math.sign(event.deltaY));
    }
  },
  { passive: false },
);

// --- keys and buttons ---------------------------------------------------------------------------

const KEYS = {
  ArrowUp: () => go(view.frame - 1),
  ArrowDown: () => go(view.frame + 1),
  PageUp: () => go(view.frame - 10),
  PageDown: () => go(view.frame + 10),
  Home: () => go(0),
  End: () => go(pictures().length - 1),
  "+": () => zoomBy(1.25),
  "-": () => zoomBy(0.8),
  0: fit,
  i: () => document.getElementById("invert").click(),
};

document.addEventListener("keydown", (event) => {
  if (event.target.matches("select, input") || event.metaKey || event.ctrlKey || event.altKey) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

slider.addEventListener("input", () => go(Number(slider.value) - 1));
seriesSelect.addEventListener("change", () => open(Number(seriesSelect.value)));
presetSelect.addEventListener("change", () => {
  const name = presetSelect.value;
  const base = picture()?.window;
  if (name === "default" || !base) view.window = null;
  else if (name === "narrow") view.window = [base[0], Math.max(1, base[1] * 0.6)];
  else if (name === "wide") view.window = [base[0], base[1] * 1.6];
  else view.window = PRESETS[name];
  show();
});
document.getElementById("invert").addEventListener("click", (event) => {
  view.invert = !view.invert;
  event.currentTarget.setAttribute("aria-pressed", String(view.invert));
  draw();
});
document.getElementById("zoom-in").addEventListener("click", () => zoomBy(1.25));
document.getElementById("zoom-out").addEventListener("click", () => zoomBy(0.8));
document.getElementById("fit").addEventListener("click", fit);
for (const button of document.querySelectorAll("[data-tool]")) {
  button.addEventListener("click", () => choose(button.dataset.tool));
}
new ResizeObserver(draw).observe(stage);

const first = Number(location.hash.slice(1));
open(series[first]?.length ? first : Math.max(0, series.findIndex((one) => one.length)));
stage.focus({ preventScroll: true });
