/** What a card is known by in the snapshot of revoked cards: kind byte and hash (see the formats). */
import { bytesOf, concatenated, sha256 } from "./bytes.js";
import { ES256 } from "./hcert.js";

const HASH_BYTES = 16;
const SIGNATURE = 1;
const IDENTIFIER = 2;
const COUNTRY_IDENTIFIER = 3;
const HEALTH_CARD = 4;

/** Of an ES256 signature only r: anybody can change s. The country is the card's, and its issuer's. */
export async function marksOf(card, content) {
  return Promise.all([
    signatureMark(card),
    mark(IDENTIFIER, bytesOf(content.identifier)),
    ...[...new Set([content.country, card.issuer || content.country])].map((country) =>
      mark(COUNTRY_IDENTIFIER, bytesOf(country + content.identifier)),
    ),
  ]);
}

export function signatureMark({ algorithm, signature }) {
  const half = algorithm === ES256 ? signature.length / 2 : signature.length;
  return mark(SIGNATURE, signature.subarray(0, half));
}

export const markOfHealthCard = (issuer, keyId, rid) =>
  mark(HEALTH_CARD, bytesOf(`${issuer}|${keyId}|${rid}`));

async function mark(kind, data) {
  return concatenated(Uint8Array.of(kind), (await sha256(data)).subarray(0, HASH_BYTES));
}
