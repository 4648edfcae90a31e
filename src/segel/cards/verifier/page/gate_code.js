/** The gate's own QR code, drawn module by module. */
import { prepareZXingModule, writeBarcode } from "../vendor/zxing/writer/index.js";

prepareZXingModule({
  overrides: { locateFile: (name) => new URL(`../vendor/zxing/${name}`, import.meta.url).href },
  fireImmediately: true,
});

export async function drawCode(canvas, text) {
  const { symbol, error } = await writeBarcode(text, { format: "QRCode", options: "ecLevel=Q" });
  if (error) throw new TypeError("a code of ours cannot be drawn");
  const { data, width, height } = symbol;
  Object.assign(canvas, { width, height });
  const pixels = new ImageData(width, height);
  data.forEach((grey, at) => pixels.data.set([grey, grey, grey, 255], 4 * at));
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}
