import { existsSync, rmSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { toHex } from '../base/bytes.ts';
import { labelBytes } from '../proofs/label-tree.ts';
import { limits } from '../proofs/limits.ts';
import { isPlotSize } from '../proofs/plot.ts';
import { makePlotFile, plotDiskBytes, unfinishedPath } from '../runtime/make-plot-file.ts';
import { rowsPath } from '../runtime/plot-file.ts';
import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import { badInput, reasonOf, wrongUsage } from './failure.ts';
import type { Interruption } from './interruption.ts';
import { nodeIdIn } from './node-id.ts';
import { PlotProgressLine, size } from './plot-progress.ts';
import { duration } from './progress-line.ts';
import type { Terminal } from './terminal.ts';

export interface PlotCommandOptions {
  /** Ed25519 key in PEM (private or public), or a public key as 64 hex. */
  readonly nodeKey: string;
  readonly size: string;
  readonly out: string;
  /** Begin anew where a plot, finished or not, is already. */
  readonly force?: boolean;
}

/** Everything outside the command itself, so that a test can stand in for it. */
export interface PlotWorld {
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly nowMs: () => number;
}

const minBytes = limits.minPlotLabels * labelBytes;
const maxBytes = limits.maxPlotLabels * labelBytes;

/** Makes a plot for a node key in a file. Returns the exit code. */
export async function plotCommand(
  options: PlotCommandOptions,
  { terminal, interruption, nowMs }: PlotWorld,
): Promise<ExitCode> {
  const path = resolve(options.out);
  const labels = labelsOf(options.size);
  const nodeId = nodeIdIn(options.nodeKey);
  clearTheWay(path, options.force ?? false);
  needRoom(path, labels);
  const progress = new PlotProgressLine(terminal, nowMs, labels);
  const startedAtMs = nowMs();
  try {
    const { signal } = interruption;
    const onProgress = (done: number, total: number) => progress.show(done, total);
    const built = await makePlotFile({ path, nodeId, labels, scaleFactor: 1, signal, onProgress });
    progress.clear();
    if (built === null) {
      terminal.err('interrupted: what was made is removed, for it could not be continued\n');
      return interruption.exitCode ?? exitCodes.crashed;
    }
    const root = built.rowRoots.at(-1) ?? '';
    const took = nowMs() - startedAtMs;
    terminal.out(`${options.out}: ${size(labels * labelBytes)} for node ${toHex(nodeId)}\n`);
    terminal.out(`root ${root}, made in ${duration(took)}\n`);
    const rows = rowsPath(options.out);
    terminal.out(`${rows} is for registering the plot; afterwards it may be removed\n`);
    return exitCodes.passed;
  } catch (error) {
    progress.clear();
    const isFileError = error instanceof Error && 'code' in error;
    if (!isFileError) throw error;
    throw badInput(`${options.out}: cannot be written (${reasonOf(error)})`);
  }
}

/** `4KiB` to `16GiB`, a power of two. */
export function labelsOf(written: string): number {
  const match = /^([0-9]{1,6})(KiB|MiB|GiB)$/.exec(written);
  const powers = { KiB: 10, MiB: 20, GiB: 30 } as const;
  const unit = match?.[2] as keyof typeof powers | undefined;
  const bytes = unit === undefined ? 0 : Number(match?.[1]) * 2 ** powers[unit];
  if (!isPlotSize(bytes / labelBytes)) {
    const allowed = `a power of two from ${size(minBytes)} to ${size(maxBytes)}, like 1GiB`;
    throw wrongUsage(`--size: found ${written}; allowed: ${allowed}`);
  }
  return bytes / labelBytes;
}

/** Nothing is overwritten unasked: a plot is hours of work, and maybe registered. */
function clearTheWay(path: string, force: boolean): void {
  const finished = [path, rowsPath(path)];
  const unfinished = finished.map(unfinishedPath);
  const there = [...finished, ...unfinished].filter((one) => existsSync(one));
  const [first] = there;
  if (first === undefined) return;
  if (!force) {
    const what = unfinished.includes(first)
      ? 'another run is at work on it, or one was killed, and plots cannot be continued'
      : 'it exists';
    throw badInput(`${first}: ${what}; allowed: a new file, or --force to begin anew`);
  }
  for (const one of there) rmSync(one);
}

function needRoom(path: string, labels: number): void {
  const needed = plotDiskBytes(labels);
  let free: number;
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    free = bavail * bsize;
  } catch (error) {
    throw badInput(`${path}: cannot be written (${reasonOf(error)})`);
  }
  if (free < needed) {
    const wanted = `${size(needed)} while the plot is made`;
    throw badInput(`${path}: found ${size(free)} of free disk space; needed: ${wanted}`);
  }
}
