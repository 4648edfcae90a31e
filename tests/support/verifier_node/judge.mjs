// Judges cards and lists with the scripts of the verifier for browsers.
// In: cases, lists, passes; out: judgements, and reasons of lists and passes.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const load = (name) => import(pathToFileURL(`${folder}/${name}`));
const { judge, refusal } = await load("card/judging.js");
const { decode } = await load("card/opening.js");
const { judgePass } = await load("card/passes.js");
const { Trust } = await load("card/trust.js");
const { Snapshot } = await load("lists/snapshot.js");
const { descriptionOf, ruleSetsOf } = await load("lists/rules.js");
const { demandInForce, openList } = await load("lists/signed_lists.js");

const facts = JSON.parse(readFileSync(`${folder}/facts.json`));
const { cases = [], lists = [], passes = [] } = JSON.parse(readFileSync(0));
let held = {};

async function judged({ texts, trust, at, revoked, rules, set }) {
  // Cases come one after the other with the same lists: they are opened once.
  const key = JSON.stringify([trust, revoked, rules]);
  if (held.key !== key) {
    const snapshot = revoked ? new Snapshot(revoked) : null;
    held = { key, trust: new Trust(trust), snapshot, sets: rules && ruleSetsOf(rules) };
  }
  let card, judgement;
  try {
    card = decode(texts);
    judgement = await judge(card, held.trust, at, facts, held.snapshot);
  } catch (error) {
    if (!error.reason) throw error;
    judgement = refusal(error);
  }
  const { reason, also, remarks, content } = judgement;
  const holder = content?.holder ? Object.values(content.holder) : null;
  const fitness = set && content ? fitnessOf(held.sets.get(set), card, content, at) : null;
  return { reason, also, remarks, holder, fitness };
}

function fitnessOf(rules, card, content, at) {
  const { outcome, failed, unsaid } = rules.fitnessOf(card, content, at);
  const words = (one) => descriptionOf(one, "id");
  return { outcome, failed: failed.map(words), unsaid: unsaid.map(words) };
}

async function reasonOf({ text, kind, pins, at, serial }) {
  try {
    demandInForce(await openList(text, kind, pins), at, serial);
    return "valid";
  } catch (error) {
    if (!error.reason) throw error;
    return error.reason;
  }
}

async function passed({ text, trust, at, nonce, revoked, paper }) {
  const nonces = nonce ? [Uint8Array.from(Buffer.from(nonce, "hex"))] : [];
  const snapshot = revoked ? new Snapshot(revoked) : null;
  const { reason, remarks } = await judgePass(text, new Trust(trust), at, nonces, snapshot, paper);
  return [reason, ...remarks];
}

const judgements = [];
for (const one of cases) judgements.push(await judged(one));
const reasons = [];
for (const one of lists) reasons.push(await reasonOf(one));
const told = [];
for (const one of passes) told.push(await passed(one));
process.stdout.write(JSON.stringify({ judgements, reasons, passes: told }));
