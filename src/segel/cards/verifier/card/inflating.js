/** Inflating what a stranger compressed: one stream, whole, and no more than 64 KiB of it. */
import * as zlib from "../vendor/pako.js";
import { Refused } from "./refused.js";

export const INFLATED_BYTES_MAX = 64 * 1024;
const WINDOW_BITS = 15;
const METHOD = 8;
const DICTIONARY_BIT = 0x20;

/** A zlib stream (RFC 1950). */
export function inflateZlib(data) {
  const head = (data[0] << 8) | data[1];
  if (data.length < 2 || (data[0] & 0x0f) !== METHOD || head % 31) {
    throw new Refused("compression-missing");
  }
  if (data[1] & DICTIONARY_BIT) throw new Refused("compression-dictionary");
  return inflate(data, WINDOW_BITS);
}

/** A raw DEFLATE stream (RFC 1951). */
export function inflateRaw(data) {
  return inflate(data, -WINDOW_BITS);
}

function inflate(data, windowBits) {
  const stream = new zlib.ZStream();
  if (zlib.zlibInflateInit2(stream, windowBits) !== zlib.Z_OK) throw new Refused("compression-broken");
  stream.input = data;
  stream.next_in = 0;
  stream.avail_in = data.length;
  stream.output = new Uint8Array(INFLATED_BYTES_MAX + 1); // all the room that there is
  stream.next_out = 0;
  stream.avail_out = stream.output.length;
  const status = zlib.zlibInflate(stream, zlib.Z_SYNC_FLUSH);
  const inflated = stream.output.slice(0, stream.next_out);
  const left = stream.avail_in;
  zlib.zlibInflateEnd(stream);
  if (![zlib.Z_OK, zlib.Z_STREAM_END, zlib.Z_BUF_ERROR].includes(status)) {
    throw new Refused("compression-broken");
  }
  if (inflated.length > INFLATED_BYTES_MAX) throw new Refused("compression-too-large");
  if (status !== zlib.Z_STREAM_END) throw new Refused("compression-truncated");
  if (left) throw new Refused("compression-trailing");
  return inflated;
}
