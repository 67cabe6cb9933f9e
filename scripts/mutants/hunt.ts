import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mutant, plant } from './mutant.ts';

/** What each of the hunters said of one mutant. */
export interface Verdict {
  readonly name: string;
  readonly rule: string;
  /** Unit tests and properties of `test/pbft` that failed; their number. */
  readonly tests: number;
  /** Transcripts that came out differently. */
  readonly transcripts: number;
  /** The schedule with which the explorer found it; null where it did not, or was not asked. */
  readonly schedule: number | null;
  readonly checker: string | null;
  /** Ran into the time limit: found, as a program that hangs is found. */
  readonly hung: boolean;
  readonly seconds: number;
}

export interface HuntOptions {
  /** The sources to mutate: a copy of their own, for a checkout may change during the hunt. */
  readonly root: string;
  /** How long the explorer looks, milliseconds; 0: not at all. */
  readonly exploreMs: number;
  /** The first test that fails is enough: no others are run. */
  readonly first: boolean;
}

const testLimitMs = 150_000;
/** The explorer shrinks what it found; that takes as long again and more. */
const shrinkAllowanceMs = 120_000;

/** Plants one bug (none: the baseline) in a copy of the sources and sends the hunters after it. */
export async function hunt(mutant: Mutant | null, options: HuntOptions): Promise<Verdict> {
  const begunMs = performance.now();
  const copy = makeCopy(options.root);
  try {
    if (mutant !== null) {
      const path = join(copy, 'src/pbft', mutant.file);
      writeFileSync(path, plant(readFileSync(path, 'utf8'), mutant));
      await checkTypes(copy, mutant.name);
    }
    const { tests, transcripts, hung } = await runTests(copy, options.first);
    const explored = options.exploreMs > 0 ? await runExplorer(copy, options.exploreMs) : null;
    return {
      name: mutant?.name ?? 'no mutant',
      rule: mutant?.rule ?? '',
      tests,
      transcripts,
      schedule: explored?.checker ? explored.schedules : null,
      checker: explored?.checker ?? null,
      hung,
      seconds: Math.round((performance.now() - begunMs) / 1000),
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What the hunters need of a checkout, beside its `node_modules`. */
export function makeCopy(root: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'mutant-'));
  for (const path of ['src', 'test/pbft', 'scripts/mutants', 'scripts/in-process']) {
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
  for (const path of ['package.json', 'tsconfig.json']) cpSync(join(root, path), join(copy, path));
  symlinkSync(realpathSync(join(root, 'node_modules')), join(copy, 'node_modules'));
  return copy;
}

/** A mutant must be a program: one that does not even type-check would be found by anything. */
async function checkTypes(copy: string, name: string): Promise<void> {
  const config = {
    extends: './tsconfig.json',
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: ['src/pbft'],
  };
  writeFileSync(join(copy, 'tsconfig.mutant.json'), JSON.stringify(config));
  const { code, output } = await run(copy, 'tsc', ['-p', 'tsconfig.mutant.json'], 60_000);
  if (code !== 0) throw new Error(`mutant ${name} does not type-check:\n${output}`);
}

async function runTests(
  copy: string,
  first: boolean,
): Promise<{ tests: number; transcripts: number; hung: boolean }> {
  const script = ['scripts/mutants/tests.ts', ...(first ? ['first'] : [])];
  const { code, output } = await run(copy, 'node', script, testLimitMs);
  if (code === null) return { tests: 0, transcripts: 0, hung: true };
  if (code !== 0) throw new Error(`the tests do not run:\n${output}`);
  return { ...JSON.parse(output.trim().split('\n').at(-1) ?? ''), hung: false };
}

async function runExplorer(
  copy: string,
  exploreMs: number,
): Promise<{ schedules: number; checker: string | null }> {
  const limitMs = exploreMs + shrinkAllowanceMs;
  const script = ['scripts/mutants/explore.ts', String(exploreMs)];
  const { code, output } = await run(copy, 'node', script, limitMs);
  if (code === null) return { schedules: 0, checker: 'hangs' };
  if (code !== 0) throw new Error(`the explorer failed:\n${output}`);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

/** Runs a program of `node_modules/.bin`; its code is null when it had to be stopped. */
function run(
  copy: string,
  program: string,
  parameters: readonly string[],
  limitMs: number,
): Promise<{ code: number | null; output: string }> {
  const path = join(copy, 'node_modules/.bin', program);
  const env = { ...process.env, HUNTING: '1' };
  const child = spawn(path, [...parameters], { cwd: copy, env, detached: true });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  return new Promise((resolve, reject) => {
    let stopped = false;
    const timer = setTimeout(() => {
      stopped = true;
      // The whole group: the test runner has workers.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: stopped ? null : (code ?? 1), output });
    });
  });
}
