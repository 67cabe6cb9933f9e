import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  formatExploration,
  formatExplorationJson,
  formatMissOrigin,
  formatOrigin,
  type WrittenMiss,
  type WrittenViolation,
} from '../report/exploration.ts';
import { makePaint } from '../report/paint.ts';
import { plural } from '../report/quantities.ts';
import { type ExitCode, exitCodes, worstExitCode } from '../scenario/exit-code.ts';
import { writeScenario } from '../scenario/write.ts';
import type { Explored, ExploreOptions } from '../simulator/explorer/explore.ts';
import { reasonOf, wrongUsage } from './failure.ts';
import type { Interruption } from './interruption.ts';
import { isFileError, prepareDirectory } from './output-directory.ts';
import { ProgressLine } from './progress-line.ts';
import type { Terminal } from './terminal.ts';

export interface ExploreCommandOptions {
  readonly runs?: number;
  /** Milliseconds. */
  readonly for?: number;
  readonly seed: number;
  readonly replicas: readonly [number, number];
  readonly out: string;
  /** Only the JSON line on stdout; people read on stderr. */
  readonly json?: boolean;
}

export interface ExploreWorld {
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly nowMs: () => number;
  readonly version: string;
  /** Loaded when needed: the simulator is a heavy import. */
  readonly loadExplorer: () => Promise<(options: ExploreOptions) => Promise<Explored>>;
}

const defaultForMs = 60_000;

/** Explores hostile schedules; each violation becomes a scenario file. Exit 3 if there is one. */
export async function exploreCommand(
  options: ExploreCommandOptions,
  world: ExploreWorld,
): Promise<ExitCode> {
  const { terminal, interruption } = world;
  const explored = await search(options, world);
  const written = writeFound(explored, options, world.version);
  const missed = writeMissed(explored, options, world.version);
  const people = options.json === true ? terminal.err : terminal.out;
  const paint = makePaint(options.json === true ? terminal.colourErr : terminal.colourOut);
  const partial = interruption.exitCode !== null;
  if (partial) people(`${paint('warn', 'interrupted: what follows is partial')}\n`);
  people(`${formatExploration(explored, { written, missed }, paint)}\n`);
  terminal.out(`${formatExplorationJson(explored, { written, missed }, partial)}\n`);
  const code = written.length === 0 ? exitCodes.passed : exitCodes.diverged;
  return worstExitCode(interruption.exitCode === null ? [code] : [code, interruption.exitCode]);
}

async function search(
  { runs, for: forMs, seed, replicas }: ExploreCommandOptions,
  { terminal, interruption, nowMs, loadExplorer }: ExploreWorld,
): Promise<Explored> {
  const progress = new ProgressLine(terminal, nowMs);
  const explore = await loadExplorer();
  const begunAtMs = nowMs();
  const budgetMs = forMs ?? (runs === undefined ? defaultForMs : null);
  try {
    return await explore({
      ...(runs === undefined ? {} : { runs }),
      ...(budgetMs === null ? {} : { forMs: budgetMs }),
      seed,
      replicas,
      signal: interruption.signal,
      onProgress: ({ schedules, violations }) => {
        const spentMs = nowMs() - begunAtMs;
        const byTime = budgetMs === null ? 0 : spentMs / budgetMs;
        const share = Math.max(byTime, runs === undefined ? 0 : schedules / runs);
        progress.show({
          ...{ label: 'exploring', share, done: schedules, unit: 'schedules' },
          ...(runs === undefined ? {} : { total: runs }),
          ...(budgetMs === null || share > byTime ? {} : { leftMs: budgetMs - spentMs }),
          note: plural(violations, 'violation'),
        });
      },
    });
  } finally {
    progress.clear();
  }
}

function writeFound(
  { found }: Explored,
  { out, seed }: ExploreCommandOptions,
  version: string,
): readonly WrittenViolation[] {
  if (found.length > 0) prepareDirectory(out);
  return found.map((each, i) => {
    const file = join(out, `${each.checker}-seed-${seed}-${i + 1}.yaml`);
    write(file, `${formatOrigin(each, seed, version)}\n${writeScenario(each.scenario)}`);
    return { file, found: each };
  });
}

function writeMissed(
  { missed }: Explored,
  { out, seed }: ExploreCommandOptions,
  version: string,
): readonly WrittenMiss[] {
  if (missed.length > 0) prepareDirectory(out);
  return missed.map((each, i) => {
    const file = join(out, `missed-${each.type}-seed-${seed}-${i + 1}.yaml`);
    write(file, `${formatMissOrigin(each, seed, version)}\n${writeScenario(each.scenario)}`);
    return { file, missed: each };
  });
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw wrongUsage(`--out ${file}: cannot be written (${reasonOf(error)})`);
  }
}
