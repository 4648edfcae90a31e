/** Venue passes at a gate: the twin of `segel.cards.passes`. */
import * as base45 from "./base45.js";
import { bytesOf, concatenated, sha256, toBase64Url } from "./bytes.js";
import { CborMap, read } from "./cbor.js";
import { ES256, HCERT, openEnvelope, PREFIX } from "./hcert.js";
import { inflateZlib } from "./inflating.js";
import { refusal, signerThatSigned } from "./judging.js";
import { compressedPoint } from "./p256.js";
import { lengthOf, strip } from "./python_text.js";
import { Refused } from "./refused.js";
import { signatureMark } from "./revoking.js";
import { verifiesEs256 } from "./trust.js";

const ISS = 1;
const EXP = 4;
const EU_DCC_V1 = 1;
const VENUE_PASS_V1 = 2;
const FIT = "f";
const HOLDER_KEY = "k";
const ANSWER_PREFIX = "SP1:";
const GATE_PREFIX = "segel-gate:";
const NONCE_BYTES = 16;
const ES256_BYTES = 64;
const TEXT_CHARACTERS_MAX = 2048;
const HOUR_S = 3600;
const LIFETIME_MAX_S = 24 * HOUR_S;
const SIGNED_BY_HOLDER = bytesOf("segel-venue-pass-v1");

/** A gate's nonce: shown to one holder, and to no other. */
export const newNonce = () => crypto.getRandomValues(new Uint8Array(NONCE_BYTES));

/** What a gate's QR code says, and, for typing, the part behind its prefix. */
export const gateText = (nonce) => GATE_PREFIX + toBase64Url(nonce);
export const typedGateText = (nonce) => toBase64Url(nonce);

/**
 * The judgement of what a gate scanned, at the time `at` (seconds). `nonces`: those that this gate
 * shows; `paper`: whether a pass that nobody answers for is let in.
 */
export async function judgePass(text, trust, at, nonces, revoked = null, paper = false) {
  let shown, signer;
  try {
    shown = openPass(text);
    signer = await signerThatSigned(shown, trust.signersOf(shown.keyId));
    if (shown.answer) await demandAnswered(shown, nonces);
    else if (!paper) throw new Refused("answer-missing");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return refusal(error);
  }
  let reason = against(shown, at);
  if (!reason && at < signer.notBefore) reason = "signer-not-yet-valid";
  else if (!reason && at > signer.notAfter) reason = "signer-expired";
  if (!reason && revoked && (await revoked.has([await signatureMark(shown)]))) reason = "revoked";
  const remarks = shown.answer ? [] : ["pass-copyable"];
  return { ...refusal({ reason: reason ?? "valid", place: "" }), remarks, signed: true };
}

function openPass(text) {
  if (!strip(text)) throw new Refused("text-empty");
  if (lengthOf(text) > TEXT_CHARACTERS_MAX) throw new Refused("text-too-long");
  if (text.startsWith(PREFIX)) return opened(base45.decode(text.slice(PREFIX.length)), null);
  if (!text.startsWith(ANSWER_PREFIX)) {
    const surrounded = [PREFIX, ANSWER_PREFIX].some((prefix) => strip(text).startsWith(prefix));
    throw new Refused(surrounded ? "text-surrounded" : "prefix-missing");
  }
  const item = read(base45.decode(text.slice(ANSWER_PREFIX.length)));
  if (!Array.isArray(item) || item.length !== 2) throw new Refused("answer-structure");
  const [message, signature] = item;
  if (!(message instanceof Uint8Array) || !(signature instanceof Uint8Array)) {
    throw new Refused("answer-structure");
  }
  if (signature.length !== ES256_BYTES) throw new Refused("answer-structure", "signature");
  return opened(message, signature);
}

function opened(message, answer) {
  const { envelope, claims, headers } = openEnvelope(inflateZlib(message));
  const inner = innerOf(claims);
  if (envelope.algorithm !== ES256) throw new Refused("algorithm-unsupported");
  const [country, endsAt] = [claims.get(ISS), claims.get(EXP)];
  const [fit, point] = [inner.get(FIT), inner.get(HOLDER_KEY)];
  // What says more than others could tell its holder apart.
  const alone =
    headers.join() === "2,0" && envelope.keyIdProtected && claims.size === 3 && inner.size === 2;
  const typed =
    typeof country === "string" && lengthOf(country) === 2 && typeof fit === "boolean" &&
    ["number", "bigint"].includes(typeof endsAt) && point instanceof Uint8Array;
  if (!alone || !typed) throw new Refused("pass-structure");
  return { ...envelope, endsAt: Number(endsAt), fit, holderKey: keyOf(point), message, answer };
}

function innerOf(claims) {
  const holder = claims.get(HCERT);
  if (!(holder instanceof CborMap)) throw new Refused("pass-structure", "hcert");
  if (holder.has(EU_DCC_V1) && !holder.has(VENUE_PASS_V1)) throw new Refused("pass-missing");
  const inner = holder.get(VENUE_PASS_V1);
  if (!(inner instanceof CborMap) || holder.size !== 1) throw new Refused("pass-structure", "hcert");
  return inner;
}

function keyOf(point) {
  try {
    return compressedPoint(point);
  } catch {
    throw new Refused("pass-key");
  }
}

async function demandAnswered({ answer, holderKey, message }, nonces) {
  const digest = await sha256(message);
  for (const nonce of nonces) {
    const signed = concatenated(SIGNED_BY_HOLDER, nonce, digest);
    if (await verifiesEs256(holderKey, answer, signed)) return;
  }
  throw new Refused("answer-wrong");
}

function against({ fit, endsAt }, at) {
  if (!fit) return "pass-not-fit";
  if (at > endsAt) return "expired";
  // An issuer whose clock is an hour ahead is not refused for it.
  const tooLong = endsAt - at > LIFETIME_MAX_S + HOUR_S;
  return tooLong || endsAt % HOUR_S ? "pass-too-long" : null;
}
