// Fingers, mouse and keys on the stage. `act` is what they do; one pointer drags with the tool,
// two pinch, the right button always windows and the middle one always pans.

const PIXELS_PER_FRAME_MIN = 4;

export function listen(stage, act) {
  const pointers = new Map();
  let dragged = 0; // pixels since the last frame change
  let pinch = null;

  function spread() {
    const [one, two] = [...pointers.values()];
    const middle = fromCentre((one.clientX + two.clientX) / 2, (one.clientY + two.clientY) / 2);
    return { ...middle, distance: Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY) || 1 };
  }

  function fromCentre(x, y) {
    const box = stage.getBoundingClientRect();
    return { x: x - box.left - box.width / 2, y: y - box.top - box.height / 2 };
  }

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
      act.pan(now.x - pinch.x, now.y - pinch.y);
      act.zoom(now.distance / pinch.distance, now.x, now.y);
      pinch = now;
    } else if (event.buttons === 2 || act.tool() === "window") {
      act.window(dx, dy);
    } else if (event.buttons === 4 || act.tool() === "pan") {
      act.pan(dx, dy);
    } else {
      dragged += dy;
      const step = Math.max(PIXELS_PER_FRAME_MIN, stage.clientHeight / (act.count() * 1.5));
      if (Math.abs(dragged) >= step) {
        act.scroll(Math.trunc(dragged / step));
        dragged %= step;
      }
    }
  });

  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, (event) => {
      pointers.delete(event.pointerId);
      pinch = null;
      act.settle();
    });
  }

  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener("dblclick", act.fit);
  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      if (event.ctrlKey || act.count() < 2) {
        const { x, y } = fromCentre(event.clientX, event.clientY);
        act.zoom(Math.exp(-event.deltaY / 300), x, y);
      } else {
        act.scroll(Math.sign(event.deltaY));
      }
    },
    { passive: false },
  );
}

export function listenToKeys(keys) {
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("select, textarea, summary, [type=radio]") || (event.key === " " && event.target.matches("button"))) return;
    if (event.target.matches("input") && (event.key === "ArrowLeft" || event.key === "ArrowRight")) return; // the slider's
    const act = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
