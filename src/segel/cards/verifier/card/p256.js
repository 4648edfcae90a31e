/** A point of P-256 from its 33 bytes (SEC 1 § 2.3.4): WebCrypto itself takes whole points only. */
import { hexOf, toBase64Url } from "./bytes.js";

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** The JWK of the point; throws where the curve has none. */
export function compressedPoint(bytes) {
  if (bytes.length !== 33 || (bytes[0] !== 2 && bytes[0] !== 3)) throw new TypeError("point");
  const x = BigInt(`0x${hexOf(bytes.subarray(1))}`);
  if (x >= P) throw new TypeError("point");
  const squared = (((x * x - 3n) * x) + B) % P;
  let y = power((squared + P) % P, (P + 1n) / 4n);
  if ((y * y - squared) % P !== 0n) throw new TypeError("point");
  if (Number(y & 1n) !== (bytes[0] & 1)) y = P - y;
  return { kty: "EC", crv: "P-256", x: encoded(x), y: encoded(y) };
}

function power(base, exponent) {
  let result = 1n;
  for (; exponent; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % P;
    base = (base * base) % P;
  }
  return result;
}

function encoded(number) {
  const hex = number.toString(16).padStart(64, "0");
  return toBase64Url(Uint8Array.from(hex.match(/../g), (byte) => parseInt(byte, 16)));
}
