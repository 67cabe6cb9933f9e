import { explore } from '../../src/simulator/explorer/explore.ts';

/**
 * Run inside a mutated copy: explores until the first violation or until time is up, and prints
 * what it found as one line of JSON. `node scripts/mutants/explore.ts MILLISECONDS`
 */
const forMs = Number(process.argv[2]);
const stop = new AbortController();
const { found, schedules } = await explore({
  forMs,
  seed: 1,
  replicas: [4, 7],
  maxViolations: 1,
  signal: stop.signal,
});
const [first] = found;
const told = { schedules: first?.schedule ?? schedules, checker: first?.checker ?? null };
process.stdout.write(`${JSON.stringify(told)}\n`);
