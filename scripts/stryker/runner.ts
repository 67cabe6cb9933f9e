import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { StrykerOptions } from '@stryker-mutator/api/core';
import { commonTokens, declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import type {
  DryRunResult,
  DryRunStatus,
  MutantRunOptions,
  MutantRunResult,
  MutantRunStatus,
  TestResult,
  TestRunner,
} from '@stryker-mutator/api/test-runner';
import { type FileTest, failureOf, loadTests } from '../in-process/load.ts';

/** What StrykerJS's instrumented sources look at. */
interface Instruments {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: NonNullable<
    (DryRunResult & { status: DryRunStatus.Complete })['mutantCoverage']
  >;
}

/**
 * Runs a room's tests for one mutant after the other in one process that loads them once. The
 * quickest come first; `TEST_LIMIT_MS` in the environment leaves out those known to take longer.
 */
class InProcessRunner implements TestRunner {
  static inject: [typeof commonTokens.options] = [commonTokens.options];
  readonly #instruments: Instruments;
  readonly #room: string;
  readonly #durationsPath: string;
  #durations: Record<string, number> = {};
  #tests: FileTest[] = [];
  #mutantsRun = 0;
  /** Something that outlives a test is no longer as it was: this process is of no more use. */
  #spoiled = false;

  constructor({ mutate, incrementalFile }: StrykerOptions) {
    this.#room = mutate[0]?.split('/')[1] ?? '';
    this.#durationsPath = join(dirname(incrementalFile), `${this.#room}-durations.txt`);
    const world = globalThis as { __stryker__?: Instruments };
    world.__stryker__ ??= {};
    this.#instruments = world.__stryker__;
  }

  capabilities() {
    return { reloadEnvironment: false };
  }

  async init(): Promise<void> {
    if (existsSync(this.#durationsPath)) {
      this.#durations = JSON.parse(readFileSync(this.#durationsPath, 'utf8'));
    }
    const tests = await loadTests(resolve('test', this.#room));
    const limitMs = Number(process.env.TEST_LIMIT_MS ?? Infinity);
    this.#tests = tests.filter(({ id }) => (this.#durations[id] ?? 0) <= limitMs);
    this.#tests.sort((a, b) => (this.#durations[a.id] ?? 0) - (this.#durations[b.id] ?? 0));
  }

  async dryRun(): Promise<DryRunResult> {
    const results: TestResult[] = [];
    for (const test of this.#tests) {
      this.#instruments.currentTestId = test.id;
      const begunMs = performance.now();
      const failure = await failureOf(test);
      const timeSpentMs = performance.now() - begunMs;
      // The least: whatever else the machine does only makes a test slower.
      const known = this.#durations[test.id] ?? Infinity;
      this.#durations[test.id] = Math.min(known, Math.round(timeSpentMs));
      const { id, name } = test;
      const fileName = resolve('test', this.#room, test.file);
      const result = { id, name, fileName, timeSpentMs };
      const status = failure === null ? 0 : 1;
      results.push({ ...result, status, failureMessage: failure ?? '' } as TestResult);
    }
    this.#instruments.currentTestId = undefined;
    writeFileSync(this.#durationsPath, JSON.stringify(this.#durations));
    const mutantCoverage = this.#instruments.mutantCoverage ?? { static: {}, perTest: {} };
    // What runs while tests load runs without mutants: for those that also run in a test that is no
    // matter, and no reason for StrykerJS to begin a new process.
    for (const covered of Object.values(mutantCoverage.perTest)) {
      for (const mutant of Object.keys(covered)) delete mutantCoverage.static[mutant];
    }
    return { status: 'complete' as DryRunStatus.Complete, tests: results, mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }: MutantRunOptions) {
    if (this.#spoiled) throw new Error('an earlier mutant left something behind');
    this.#mutantsRun += 1;
    const wanted = testFilter === undefined ? null : new Set(testFilter);
    const tests = this.#tests.filter(({ id }) => wanted === null || wanted.has(id));
    Object.assign(this.#instruments, { activeMutant: activeMutant.id, hitCount: 0, hitLimit });
    const killed = await this.#firstFailure(tests);
    const isEndless = hitLimit !== undefined && (this.#instruments.hitCount ?? 0) > hitLimit;
    Object.assign(this.#instruments, { activeMutant: undefined, hitCount: undefined });
    return isEndless ? timeout : (killed ?? survived(tests.length));
  }

  async #firstFailure(tests: readonly FileTest[]): Promise<MutantRunResult | null> {
    let nrOfTests = 0;
    for (const test of tests) {
      nrOfTests += 1;
      const failureMessage = await failureOf(test);
      if (failureMessage === null) continue;
      await this.#checkUnspoiled(test);
      return {
        status: 'killed' as MutantRunStatus.Killed,
        killedBy: [test.id],
        failureMessage,
        nrOfTests,
      };
    }
    return null;
  }

  /** Without the mutant the test must pass again, or something else may have failed it. */
  async #checkUnspoiled(test: FileTest): Promise<void> {
    const { activeMutant, hitCount } = this.#instruments;
    Object.assign(this.#instruments, { activeMutant: undefined, hitCount: undefined });
    this.#spoiled = (await failureOf(test)) !== null;
    Object.assign(this.#instruments, { activeMutant, hitCount });
    // StrykerJS tries again in a new process, where this mutant is the first.
    if (this.#spoiled && this.#mutantsRun > 1) throw new Error('this process was spoiled');
  }
}

const timeout: MutantRunResult = { status: 'timeout' as MutantRunStatus.Timeout };

function survived(nrOfTests: number): MutantRunResult {
  return { status: 'survived' as MutantRunStatus.Survived, nrOfTests };
}

export const strykerPlugins = [
  declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner),
];
