// Medplum's client, told what to do by lines of JSON: ["searchOne", "Patient", "_id=1"].
//
// node client.mjs FOLDER_OF_ITS_MODULES ORIGIN TOKEN PURPOSE
//
// Each line is answered by one: {"returned": …}, or {"refused": the OperationOutcome}.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [folder, origin, token, purpose] = process.argv.slice(2);
const { MedplumClient } = createRequire(`${folder}/`)('@medplum/core');
const client = new MedplumClient({
  baseUrl: origin,
  fhirUrlPath: 'fhir',
  accessToken: token,
  defaultHeaders: { 'X-Purpose-Of-Use': purpose },
  cacheTime: 0,
  fetch,
});

async function answered([name, ...given]) {
  try {
    const made = client[name](...given);
    if (typeof made?.[Symbol.asyncIterator] !== 'function') return { returned: await made };
    const pages = [];
    for await (const page of made) pages.push(page);
    return { returned: pages };
  } catch (error) {
    return { refused: error.outcome ?? String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answered(JSON.parse(line))));
}
process.exit(0);
