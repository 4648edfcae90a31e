// What is on the canvas: the picture in its place, its window previewed, and a ruler beside it.

const RULER_MM = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const RULER_SHARE_MAX = 0.3; // of the stage's width

export const PLAIN = [127.5, 255]; // the window of a picture that states none: its own eight bits

// Paint `shown` ({ bitmap, window } or null) of `one` as `view` wants it. Gives back how many CSS
// pixels a pixel of the picture is wide.
export function paint(stage, canvas, shown, view, windowNow, one) {
  const ratio = devicePixelRatio;
  const width = (canvas.width = Math.round(stage.clientWidth * ratio));
  const height = (canvas.height = Math.round(stage.clientHeight * ratio));
  const context = canvas.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  if (!shown) return 0;
  const { bitmap } = shown;
  const [bitmapWidth, bitmapHeight] = [bitmap.width, bitmap.height * (one?.aspect ?? 1)]; // in pixels' widths
  const lies = view.turn % 2 === 1;
  const [wide, high] = lies ? [bitmapHeight, bitmapWidth] : [bitmapWidth, bitmapHeight];
  const scale = Math.min(width / wide, height / high) * view.zoom;
  const filter = filterOf(shown.window, windowNow, one?.inverted, view.invert);
  if (context.filter === undefined) canvas.style.filter = filter; // Safari: the whole stage, then
  else context.filter = filter;
  context.imageSmoothingQuality = "high";
  context.translate(width / 2 + view.x * ratio, height / 2 + view.y * ratio);
  context.scale(view.flip ? -scale : scale, scale);
  context.rotate((view.turn * Math.PI) / 2);
  context.drawImage(bitmap, -bitmapWidth / 2, -bitmapHeight / 2, bitmapWidth, bitmapHeight);
  context.setTransform(1, 0, 0, 1, 0, 0);
  return scale / ratio;
}

// CSS filters that turn a picture rendered in the window `from` into one in the window `to`.
function filterOf(from, to, inverted, invert) {
  const filters = [];
  if (from && to && (from[0] !== to[0] || from[1] !== to[1])) {
    // A picture value p (0..1) becomes a·p + c under the other window. contrast(s) makes it
    // s·p + ½ - s/2, brightness(b) multiplies; each clips, and in this order nothing that counts.
    const a = from[1] / to[1];
    const c = (from[0] - from[1] / 2 - (to[0] - to[1] / 2)) / to[1];
    if (inverted) filters.push("invert(1)"); // back to the values, and again below
    if (c > 0) filters.push(`contrast(${a / (2 * c + a)})`, `brightness(${2 * c + a})`);
    else filters.push(`brightness(${a / (1 - 2 * c)})`, `contrast(${1 - 2 * c})`);
    if (inverted) filters.push("invert(1)");
  }
  if (invert) filters.push("invert(1)");
  return filters.join(" ") || "none";
}

// A ruler of a round length: { px, text }, or null where nobody said how large a pixel is.
export function ruler(stage, pxPerMm) {
  if (!(pxPerMm > 0)) return null;
  const most = stage.clientWidth * RULER_SHARE_MAX;
  const mm = RULER_MM.findLast((one) => one * pxPerMm <= most);
  if (!mm) return null;
  return { px: mm * pxPerMm, text: mm < 10 ? `${mm} mm` : `${mm / 10} cm` };
}
