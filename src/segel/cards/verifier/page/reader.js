/** Asks the worker for the codes in a picture. */

const PICTURE_BYTES_MAX = 32 * 1024 * 1024;
const PIXELS_MAX = 64_000_000;
/** Small pictures are read again, larger: modules of about a pixel are not found otherwise. */
const SCALE = 3;
const SMALL_PIXELS = 1_000_000;

export class Reader {
  #worker = new Worker(new URL("scan_worker.js", import.meta.url), { type: "module" });
  #waiting = new Map();
  #asked = 0;

  constructor() {
    this.#worker.onmessage = ({ data: { number, ...answer } }) => {
      this.#waiting.get(number)?.(answer);
      this.#waiting.delete(number);
    };
  }

  /** `codes` (text and version) and `tookMs`. The pixels are given away. */
  read({ data, width, height }, fromCamera = false) {
    const number = this.#asked++;
    const pixels = data.buffer;
    this.#worker.postMessage({ number, pixels, width, height, fromCamera }, [pixels]);
    return new Promise((resolve) => this.#waiting.set(number, resolve));
  }

  /** The codes in a picture file; or a `reason` why there are none. */
  async readFile(file) {
    if (file.size > PICTURE_BYTES_MAX) return { reason: "picture-too-large" };
    let picture;
    try {
      picture = await createImageBitmap(file);
    } catch {
      return { reason: "picture-unreadable" };
    }
    const pixels = picture.width * picture.height;
    if (pixels > PIXELS_MAX) return { reason: "picture-too-large" };
    let { codes } = await this.read(drawn(picture, 1));
    if (!codes.length && pixels <= SMALL_PIXELS) ({ codes } = await this.read(drawn(picture, SCALE)));
    picture.close();
    return codes.length ? { codes } : { reason: "picture-without-qr" };
  }
}

function drawn(picture, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = picture.width * scale;
  canvas.height = picture.height * scale;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  context.fillStyle = "white"; // behind what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
