/**
 * Judges generated requests, valid and broken, by the ledger and by the naive verifier of the
 * tests, which was written from the docs alone. `npm run naive`, or `node scripts/naive.ts 50000`.
 */
import { judgeTwice, verdicts } from '../test/ledger/judge-twice.ts';

const requests = Number(process.argv[2] ?? 10_000);
if (!Number.isInteger(requests) || requests < 1) {
  process.stderr.write(`naive: found ${process.argv[2]}; allowed: a number of requests from 1\n`);
  process.exit(64);
}
const { differences, seen } = judgeTwice(requests);
for (const difference of differences) process.stderr.write(`${difference}\n`);
for (const name of verdicts) {
  process.stdout.write(`${name.padEnd(10)} ${`${seen.get(name) ?? 0}`.padStart(6)}\n`);
}
const verdict = differences.length === 0 ? 'judged alike' : 'NOT judged alike';
process.stdout.write(`${requests} requests ${verdict}\n`);
process.exitCode = differences.length === 0 ? 0 : 1;
