// Rendered frames: fetched once, kept as they came, and the latest of them decoded.

const KEPT_BYTES_MAX = 96 * 2 ** 20; // as they came: a heart's 120 frames are some 10 MB
const DECODED_PIXELS_MAX = 40e6; // at four bytes each; a phone's tab has about 200 MB

export class Pictures {
  #blobs = new Map(); // address -> { blob: Promise<Blob>, bytes }; the latest used last
  #bitmaps = new Map(); // address -> { bitmap: Promise<ImageBitmap>, pixels }

  // The picture at an address. Rejects with an Error whose message is the status.
  get(address) {
    const known = taken(this.#bitmaps, address);
    if (known) return known.bitmap;
    const entry = { pixels: 0, bitmap: this.#blob(address).then(createImageBitmap) };
    keep(this.#bitmaps, address, entry, entry.bitmap, (bitmap) => {
      entry.pixels = bitmap.width * bitmap.height;
      drop(this.#bitmaps, "pixels", DECODED_PIXELS_MAX);
    });
    return entry.bitmap;
  }

  // Have it here when it is wanted, without decoding it.
  prepare(address) {
    this.#blob(address).catch(() => {});
  }

  #blob(address) {
    const known = taken(this.#blobs, address);
    if (known) return known.blob;
    const entry = { bytes: 0, blob: load(address) };
    keep(this.#blobs, address, entry, entry.blob, (blob) => {
      entry.bytes = blob.size;
      drop(this.#blobs, "bytes", KEPT_BYTES_MAX);
    });
    return entry.blob;
  }
}

async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.blob();
}

function taken(map, address) {
  const entry = map.get(address);
  if (entry) {
    map.delete(address);
    map.set(address, entry);
  }
  return entry;
}

function keep(map, address, entry, ready, measure) {
  map.set(address, entry);
  ready.then(measure, () => map.delete(address)); // what failed is asked for again
}

function drop(map, size, most) {
  let sum = 0;
  for (const [address, entry] of [...map].reverse()) {
    sum += entry[size];
    if (sum > most) map.delete(address);
  }
}
