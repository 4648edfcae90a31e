/**
 * The judgement of an opened card: the twin of `segel.cards.judging`, step by step.
 *
 * `facts` is what the server makes of the Python sources (reasons with their steps, value sets);
 * `at` is seconds since 1970; `revoked` answers `await has(marks)`, or is null.
 */
import * as bundles from "./bundles.js";
import * as dcc from "./dcc.js";
import { ES256 } from "./hcert.js";
import { Refused } from "./refused.js";
import { marksOf, markOfHealthCard } from "./revoking.js";

const ES256_BYTES = 64;
const DER_SEQUENCE = 0x30;

/** Throws `Refused` where the signature, or what comes before it, does not hold. */
export async function judge(card, trust, at, facts, revoked = null) {
  const judging = card.kind === "hcert" ? judgeCertificate : judgeHealthCard;
  return judging(card, trust, at, facts, revoked);
}

export function refusal({ reason, place }) {
  return { reason, also: [], place, remarks: [], signed: false, content: null };
}

async function judgeCertificate(card, trust, at, facts, revoked) {
  const signer = await signerThatSigned(card, trust.signersOf(card.keyId));
  const found = [];
  let [content, remarks, place] = [null, [], ""];
  try {
    [content, remarks] = dcc.contentOf(card.certificate, facts.valueSets);
  } catch (error) {
    place = noted(error, found);
  }
  if (content && signer.purposes && !signer.purposes.includes(content.kind)) {
    found.unshift("usage-mismatch");
  }
  found.push(...times(card.issuedAt, card.expiresAt, at));
  if (card.expiresAt === null) found.push("end-missing");
  if (at < signer.notBefore) found.push("signer-not-yet-valid");
  else if (at > signer.notAfter) found.push("signer-expired");
  if (content && revoked && (await revoked.has(await marksOf(card, content)))) found.push("revoked");
  if (!card.keyIdProtected) remarks.push("key-id-unprotected");
  return judged(found, place, remarks, content, facts);
}

/** The one whose key made the signature; the one that is valid longest where several hold it. */
export async function signerThatSigned(card, signers) {
  const algorithm = card.algorithm === ES256 ? "ES256" : "PS256";
  if (algorithm === "ES256") demandEs256Form(card.signature);
  if (!signers.length) throw new Refused("key-unknown");
  const fitting = signers.filter((one) => one.algorithm === algorithm);
  if (!fitting.length) throw new Refused("key-mismatch");
  fitting.sort((one, other) => other.notAfter - one.notAfter);
  for (const signer of fitting) {
    if (await signer.verifies(card.signature, card.signed)) return signer;
  }
  throw new Refused("signature-wrong");
}

/** r and s of 32 bytes each (RFC 7518 § 3.4). */
function demandEs256Form(signature) {
  if (signature.length === ES256_BYTES) return;
  const der = signature[0] === DER_SEQUENCE && signature[1] === signature.length - 2;
  throw new Refused(der ? "signature-der" : "signature-length");
}

async function judgeHealthCard(card, trust, at, facts, revoked) {
  const key = await keyThatSigned(card, trust);
  const found = [];
  let [content, remarks, place] = [null, [], ""];
  try {
    [content, remarks] = bundles.contentOf(card.payload);
  } catch (error) {
    place = noted(error, found);
  }
  if (content) {
    found.push(...times(content.startsAt, content.expiresAt, at));
    const objection = key.objection(content);
    if (objection) found.push(objection);
    if (revoked && objection !== "revoked" && content.rid !== null) {
      const mark = await markOfHealthCard(content.issuer, card.keyId, content.rid);
      if (await revoked.has([mark])) found.push("revoked");
    }
  }
  if (card.chunked) remarks.push("chunked");
  return judged(found, place, remarks, content, facts);
}

async function keyThatSigned(card, trust) {
  const url = card.payload.iss;
  if (typeof url !== "string") throw new Refused("claim-type", "iss");
  if (!url.startsWith("https://")) throw new Refused("issuer-not-https", "iss");
  if (url.endsWith("/")) throw new Refused("issuer-slash", "iss");
  demandEs256Form(card.signature);
  const elsewhere = trust.isAnybodys(card.keyId);
  const issuer = trust.issuerOf(url);
  if (!issuer) throw new Refused(elsewhere ? "issuer-mismatch" : "issuer-unknown", "iss");
  const key = issuer.keys.get(card.keyId);
  if (!key) throw new Refused(elsewhere ? "issuer-mismatch" : "key-unknown");
  if (!(await key.verifies(card.signature, card.signed))) throw new Refused("signature-wrong");
  return key;
}

function noted(error, found) {
  if (!(error instanceof Refused)) throw error;
  found.push(error.reason);
  return error.place;
}

/** `exp` is the last moment. */
function times(startsAt, endsAt, at) {
  const found = [];
  if (startsAt !== null && endsAt !== null && endsAt < startsAt) found.push("ends-before-start");
  if (startsAt !== null && at < Math.floor(startsAt)) found.push("not-yet-valid");
  if (endsAt !== null && at > endsAt) found.push("expired");
  return found;
}

function judged(found, place, remarks, content, facts) {
  const outcome = { also: [], place: "", remarks, signed: true, content };
  if (!found.length) return { ...outcome, reason: "valid" };
  const stepOf = (reason) => facts.reasons[reason].step;
  found.sort((one, other) => stepOf(one) - stepOf(other));
  const [reason, ...also] = found;
  const isContents = facts.steps[stepOf(reason)] === "content";
  return { ...outcome, reason, also, place: isContents ? place : "" };
}
