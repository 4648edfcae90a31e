/** Reads QR codes, beside the page's own thread. Pictures come in, texts go out, nothing stays. */
import { prepareZXingModule, readBarcodes } from "../vendor/zxing/reader/index.js";

const OPTIONS = { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 8 };
const CAMERA = { ...OPTIONS, tryInvert: true, maxNumberOfSymbols: 1 };

prepareZXingModule({
  overrides: { locateFile: (name) => new URL(`../vendor/zxing/${name}`, import.meta.url).href },
  fireImmediately: true,
});

onmessage = async ({ data: { number, pixels, width, height, fromCamera } }) => {
  const started = performance.now();
  const picture = { data: new Uint8ClampedArray(pixels), width, height };
  let codes = [];
  try {
    const found = await readBarcodes(picture, fromCamera ? CAMERA : OPTIONS);
    codes = found
      .filter((one) => one.isValid)
      .sort((one, other) => upper(one).y - upper(other).y || upper(one).x - upper(other).x)
      .map(({ text, version }) => ({ text, version: Number(version) || 0 }));
  } catch {
    // A picture that cannot be read has no codes.
  }
  postMessage({ number, codes, tookMs: performance.now() - started });
};

const upper = (code) => code.position.topLeft;
