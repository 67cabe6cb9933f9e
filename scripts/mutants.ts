/**
 * Does it catch bugs? Plants named protocol bugs one at a time in a copy of the sources and asks of
 * each: did the unit tests and properties find it, the transcripts, the explorer (after how many
 * schedules)?
 *
 * `npm run mutants -- [--only PATTERN] [--explore-for SECONDS] [--jobs N] [--first]`
 *
 * `--first`: the first test that fails is enough, the others are not run; a quarter of the time.
 * Prints a table as it goes and writes `reports/mutants.json`. Exits with 1 if a mutant survives
 * all hunters, or if a hunter cries without one.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { allMutants } from './mutants/all.ts';
import { hunt, makeCopy, type Verdict } from './mutants/hunt.ts';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    'explore-for': { type: 'string', default: '15' },
    jobs: { type: 'string', default: '2' },
    first: { type: 'boolean', default: false },
  },
});
const exploreMs = Number(values['explore-for']) * 1000;
const options = { root: makeCopy(root), exploreMs, first: values.first };
const wanted = new RegExp(values.only);
const chosen = allMutants.filter(({ name }) => wanted.test(name));

function isFound({ tests, transcripts, schedule, checker, hung }: Verdict): boolean {
  return hung || tests > 0 || transcripts > 0 || schedule !== null || checker !== null;
}

function row(verdict: Verdict): string {
  const { name, rule, tests, transcripts, schedule, checker, hung, seconds } = verdict;
  const explored = checker === null ? '-' : `${schedule} (${checker})`;
  return [
    isFound(verdict) ? 'found   ' : 'SURVIVED',
    name.padEnd(50),
    rule.padEnd(12),
    (hung ? 'hung' : String(tests || '-')).padStart(5),
    String(transcripts || '-').padStart(11),
    `  ${explored.padEnd(24)}`,
    `${seconds} s`,
  ].join(' ');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function showProgress(done: number, names: readonly string[]): void {
  if (!process.stderr.isTTY) return;
  const line = `${done} of ${chosen.length}: ${names.join(', ')}`.slice(0, 100);
  process.stderr.write(`\r\u001b[2K${line}`);
}

/** Hunts all, `jobs` at a time, in their order. */
async function huntAll(jobs: number): Promise<Verdict[]> {
  const waiting = [...chosen];
  const running = new Set<string>();
  const verdicts: Verdict[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      running.add(next.name);
      showProgress(verdicts.length, [...running]);
      const verdict = await hunt(next, options);
      running.delete(next.name);
      verdicts.push(verdict);
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
      print(row(verdict));
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return verdicts;
}

/** The exit code. */
async function main(): Promise<number> {
  print(`${chosen.length} mutants; explorer ${values['explore-for']} s each`);
  const baseline = await hunt(null, options);
  if (isFound(baseline)) {
    print(row(baseline));
    print('The hunters cry without a mutant: mend that first.');
    return 1;
  }
  print(
    `verdict  ${'mutant'.padEnd(50)} ${'rule'.padEnd(12)} tests transcripts   schedules (checker)`,
  );
  const verdicts = await huntAll(Math.max(1, Number(values.jobs)));
  const survivors = verdicts.filter((verdict) => !isFound(verdict));
  mkdirSync(join(root, 'reports'), { recursive: true });
  const summary = { mutants: verdicts.length, survivors: survivors.length, verdicts };
  writeFileSync(join(root, 'reports/mutants.json'), `${JSON.stringify(summary, null, 2)}\n`);
  print(`${verdicts.length - survivors.length} of ${verdicts.length} found`);
  for (const { name } of survivors) print(`survived: ${name}`);
  return survivors.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} finally {
  rmSync(options.root, { recursive: true, force: true });
}
