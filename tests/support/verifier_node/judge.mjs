// Judges cards with the scripts of the verifier for browsers. In: {"cases": [...]}, out: judgements.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const load = (name) => import(pathToFileURL(`${folder}/${name}`));
const [{ judgeTexts }, { Trust }, { Snapshot }] = await Promise.all(
  ["card/judging.js", "card/trust.js", "lists/snapshot.js"].map(load),
);
const facts = JSON.parse(readFileSync(`${folder}/facts.json`));
const { cases } = JSON.parse(readFileSync(0));
const judgements = [];
for (const { texts, trust, at, revoked } of cases) {
  const snapshot = revoked ? new Snapshot(revoked) : null;
  const { reason, also, remarks, content } = await judgeTexts(texts, new Trust(trust), at, facts, snapshot);
  const holder = content?.holder ?? null;
  judgements.push({ reason, also, remarks, holder: holder && Object.values(holder) });
}
process.stdout.write(JSON.stringify(judgements));
