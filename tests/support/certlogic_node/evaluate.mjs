// Evaluates expressions by CertLogic's own evaluator. One JSON list [expression, data] a line comes
// in; {"value": …} or {"broken": true} goes out. A time is {"ms": number}.
//   node evaluate.mjs FOLDER, where FOLDER/node_modules has certlogic-js

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { evaluate } = createRequire(`${process.argv[2]}/`)("certlogic-js");

const plain = (value) => {
  if (value instanceof Date) return { ms: value.getTime() };
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
  }
  return value;
};

for await (const line of createInterface({ input: process.stdin })) {
  const [expression, data] = JSON.parse(line);
  let said;
  try {
    said = { value: plain(evaluate(expression, data)) };
  } catch {
    said = { broken: true };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
