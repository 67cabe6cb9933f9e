/**
 * StrykerJS over the rooms `pbft` and `proofs`: changes their sources a little, in every place it
 * knows how to, and asks their tests whether they notice.
 *
 * `npm run stryker -- [--show] [--survivors] [--again] [--quick] [PATTERN…]`
 *
 * Goes file by file, in the order of the patterns (regular expressions on `src/room/file.ts`;
 * without any, all files), and keeps each file's result in `reports/stryker/`: stopped, it goes on
 * where it was. A file that has not changed since is passed over; `--again` asks again of what
 * survived or whose tests changed. `--show` only prints what is kept, `--survivors` with every
 * mutant that nobody noticed. `--quick` sends only tests that took at most a quarter of a second
 * the last time; `--again` without it then sends the others after what survived.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type FileResult,
  formatScores,
  formatSurvivors,
  readResult,
  resultPath,
  sourceFiles,
} from './stryker/results.ts';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'reports/stryker');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    show: { type: 'boolean', default: false },
    survivors: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

/** In the order of the patterns, each file once. */
function chosenFiles(): string[] {
  const files = sourceFiles(root, ['pbft', 'proofs']);
  const patterns = (positionals.length === 0 ? [''] : positionals).map((p) => new RegExp(p));
  return [...new Set(patterns.flatMap((pattern) => files.filter((file) => pattern.test(file))))];
}

/** Asks StrykerJS about one file; false when it failed, which it tells on stderr. */
function mutate(path: string): boolean {
  const parameters = ['run', 'scripts/stryker/config.ts', '--mutate', path];
  parameters.push('--incrementalFile', resultPath(folder, path));
  const stryker = join(root, 'node_modules/.bin/stryker');
  // Nobody reads a mutant's counterexample: fast-check need not shrink it.
  const env: NodeJS.ProcessEnv = { ...process.env, HUNTING: '1' };
  if (values.quick) env.TEST_LIMIT_MS = '250';
  return spawnSync(stryker, parameters, { cwd: root, stdio: 'inherit', env }).status === 0;
}

/** What is kept of one file, after asking StrykerJS if that is due; null where it failed. */
function resultOf(path: string): FileResult | null {
  const kept = readResult(folder, path);
  if (values.show) return kept;
  if (kept?.source === readFileSync(join(root, path), 'utf8') && !values.again) return kept;
  const begunMs = performance.now();
  if (!mutate(path)) return null;
  const result = readResult(folder, path);
  const seconds = Math.round((performance.now() - begunMs) / 1000);
  if (result !== null) print([`${formatScores([result])[1]}  ${seconds} s`]);
  return result;
}

mkdirSync(folder, { recursive: true });
const results: FileResult[] = [];
for (const path of chosenFiles()) {
  const result = resultOf(path);
  if (result !== null && result.mutants.length > 0) results.push(result);
}
if (values.survivors) print(results.flatMap(formatSurvivors));
print(formatScores(results));
