import { resolve } from 'node:path';
import { failureOf, loadTests } from '../in-process/load.ts';

/**
 * Run inside a mutated copy: runs the tests of `test/pbft` and prints, as one line of JSON, how
 * many failed. `node scripts/mutants/tests.ts [first]`; `first`: no more once one did.
 */
const isFirstEnough = process.argv[2] === 'first';
const failed = { tests: 0, transcripts: 0 };
const tests = await loadTests(resolve('test/pbft'));
if (isFirstEnough) tests.sort((a, b) => rank(a.file) - rank(b.file));
for (const test of tests) {
  if ((await failureOf(test)) === null) continue;
  failed[isTranscript(test.file) ? 'transcripts' : 'tests'] += 1;
  if (isFirstEnough) break;
}
process.stdout.write(`${JSON.stringify(failed)}\n`);

function isTranscript(file: string): boolean {
  return file === 'transcripts.test.ts';
}

/** Transcripts find most, in no time; properties take the longest. */
function rank(file: string): number {
  if (isTranscript(file)) return 0;
  return file.endsWith('.property.test.ts') ? 2 : 1;
}
