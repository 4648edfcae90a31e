/** QR codes, drawn in the browser. */
import { prepareZXingModule, writeBarcode } from "../vendor/zxing/writer/index.js";

prepareZXingModule({
  overrides: { locateFile: (name) => new URL(`../vendor/zxing/${name}`, import.meta.url).href },
  fireImmediately: true, // it is needed where there is no network any more
});

/** Draws a code of level Q into an image element. */
export async function draw(image, text) {
  const { svg, error } = await writeBarcode(text, {
    format: "QRCode",
    options: "ecLevel=Q",
    addQuietZones: true,
  });
  if (error) throw new Error("a code of ours cannot be drawn");
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  image.src = address;
  await image.decode();
  URL.revokeObjectURL(address);
}
