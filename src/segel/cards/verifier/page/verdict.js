/**
 * From texts to one of three verdicts: `fit`, `not`, `cannot`.
 *
 * Green is only what is genuine, in force, not revoked, and meets every rule. Amber is what says
 * nothing of the card: it could not be read, the lists cannot be used, the rules do not speak of it.
 */
import { judge, refusal } from "../card/judging.js";
import { decode } from "../card/opening.js";
import { Refused } from "../card/refused.js";

const BEFORE_THE_CARD = ["lists", "picture", "prefix", "text", "compression", "structure"];
const OUTCOMES = { fit: "fit", "not-fit": "not" };

/**
 * The verdict of a card's texts at the time `at` (seconds), with `reason` and `also`, or with the
 * `outcome` of the rules; `holder` only of who fits.
 */
export async function verdictOf(texts, lists, ruleSetId, facts, at) {
  let card, held;
  try {
    held = lists.inForce(at);
    if (!held.rules.has(ruleSetId)) throw new Refused("lists-missing", "rules");
    card = decode(texts);
    const judgement = await judge(card, held.trust, at, facts, held.revoked);
    if (judgement.reason !== "valid") return against(judgement, facts);
    const rules = held.rules.get(ruleSetId);
    const fitness = rules.fitnessOf(card, judgement.content, at);
    const verdict = OUTCOMES[fitness.outcome] ?? "cannot";
    const holder = verdict === "fit" ? judgement.content.holder : null;
    return { verdict, ...fitness, rules, remarks: judgement.remarks, holder };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return against(refusal(error), facts);
  }
}

/** The verdict of what was held up to a gate, as `Gate` judges it. Nobody is named. */
export async function verdictOfPass(text, gate, facts, at, paper) {
  try {
    const judgement = await gate.judge(text, at, paper);
    if (judgement.reason !== "valid") return against(judgement, facts);
    return { verdict: "fit", isPass: true, remarks: judgement.remarks, holder: null };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return against(refusal(error), facts);
  }
}

/** The verdict of what was not read as a card at all, for a reason. */
export const unread = (reason, facts) => against(refusal(new Refused(reason)), facts);

function against({ reason, also, remarks }, facts) {
  const step = facts.steps[facts.reasons[reason].step];
  // An issuer's revocation list that is broken is nothing that the card did.
  const says = !BEFORE_THE_CARD.includes(step) && !reason.startsWith("revocations-");
  return { verdict: says ? "not" : "cannot", reason, also, remarks, holder: null };
}
