import { resolve } from 'node:path';
import { failureOf, loadTests } from '../in-process/load.ts';

/**
 * Run inside a mutated copy: runs the tests of `test/pbft` and prints, as one line of JSON, how
 * many failed. `node scripts/mutants/tests.ts`
 */
const failed = { tests: 0, transcripts: 0 };
for (const test of await loadTests(resolve('test/pbft'))) {
  if ((await failureOf(test)) === null) continue;
  failed[test.file === 'transcripts.test.ts' ? 'transcripts' : 'tests'] += 1;
}
process.stdout.write(`${JSON.stringify(failed)}\n`);
