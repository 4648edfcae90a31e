/** From texts to an opened card: the twin of `segel.cards.opening`. */
import * as hcert from "./hcert.js";
import * as numeric from "./numeric.js";
import { lengthOf, NOT_SPACE, strip } from "./python_text.js";
import { Refused } from "./refused.js";
import { openJws, openQr } from "./shc.js";

const TEXT_CHARACTERS_MAX = 128 * 1024;
const HCERT_CHARACTERS_MAX = 8 * 1024;
const LINK = "shlink:/";
const LINK_WITHIN = 512;
const OTHER_CONTEXT = /^HC\d:/u;
const COMPACT_JWS = new RegExp(`^eyJ${NOT_SPACE}*\\.${NOT_SPACE}*\\.`);

/** The card that the texts of its QR codes are together. */
export function decode(texts) {
  texts.forEach(demandACard);
  const [first] = texts;
  if (texts.length > 1 || first.startsWith(numeric.PREFIX)) return openQr(texts);
  if (first.startsWith(hcert.PREFIX)) return hcert.openCertificate(first);
  return openJws(first);
}

function demandACard(text) {
  if (!strip(text)) throw new Refused("text-empty");
  const length = lengthOf(text);
  if (length > TEXT_CHARACTERS_MAX) throw new Refused("text-too-long");
  if (text.startsWith(hcert.PREFIX)) {
    if (length > HCERT_CHARACTERS_MAX) throw new Refused("text-too-long");
    return;
  }
  if (text !== strip(text)) {
    const known = isKnown(strip(text), hcert.PREFIX);
    throw new Refused(known ? "text-surrounded" : "prefix-missing");
  }
  if (text.slice(0, LINK_WITHIN).includes(LINK)) throw new Refused("is-a-link");
  if (OTHER_CONTEXT.test(text)) throw new Refused("prefix-unknown");
  if (!isKnown(text)) throw new Refused("prefix-missing");
}

const isKnown = (text, ...others) =>
  [numeric.PREFIX, ...others].some((prefix) => text.startsWith(prefix)) || COMPACT_JWS.test(text);
