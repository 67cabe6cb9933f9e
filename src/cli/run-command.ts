import { join } from 'node:path';
import { makePaint } from '../report/paint.ts';
import {
  formatHeader,
  formatLine,
  formatSummary,
  formatVerdict,
  type WrittenFiles,
} from '../report/terminal.ts';
import { type ExitCode, exitCodeOf, exitCodes, worstExitCode } from '../scenario/exit-code.ts';
import type { RunResult, Transport } from '../scenario/result.ts';
import type { RunOutput, RunScenario } from '../scenario/run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { RunEvent } from '../scenario/trace.ts';
import type { Interruption } from './interruption.ts';
import { directoryNames, prepareDirectory, writeOutput } from './output-directory.ts';
import { ProgressLine } from './progress-line.ts';
import { type FoundScenario, readScenarios, repeatCommand } from './read-scenarios.ts';
import { ReportWriter } from './report-writer.ts';
import { RunProgress } from './run-progress.ts';
import { openSink, type Sink } from './sink.ts';
import type { Terminal } from './terminal.ts';
import { TraceWriter } from './trace-writer.ts';

export interface RunOptions {
  readonly seed?: number;
  readonly transport?: Transport;
  /** A file, or `-` for stdout. */
  readonly json?: string;
  readonly trace?: string;
  readonly report?: string;
  readonly out?: string;
  /** Runs the scenarios of this name alone. */
  readonly only?: string;
}

/** Where scenarios run, by transport. Loaded when first needed: each world is a heavy import. */
export type Worlds = Readonly<Record<Transport, () => Promise<RunScenario>>>;

/** Everything outside the command itself, so that a test can stand in for it. */
export interface RunWorld {
  readonly terminal: Terminal;
  readonly worlds: Worlds;
  readonly interruption: Interruption;
  readonly nowMs: () => number;
  readonly version: string;
}

/** What is written while scenarios run, and where. */
interface Sinks {
  readonly json: Sink | null;
  readonly trace: TraceWriter | null;
  readonly report: ReportWriter | null;
}

interface Done {
  readonly output: RunOutput;
  readonly files: WrittenFiles | null;
}

/** Runs every scenario of `files` and tells what came of it. Returns the exit code. */
export async function runCommand(
  files: readonly string[],
  options: RunOptions,
  world: RunWorld,
): Promise<ExitCode> {
  const { seed, transport, only } = options;
  const overrides = {
    ...(seed === undefined ? {} : { seed }),
    ...(transport === undefined ? {} : { transport }),
  };
  const found = readScenarios(files, overrides, only);
  const scenarios = found.map(({ scenario }) => scenario);
  if (options.out !== undefined) prepareDirectory(options.out);
  const sinks = openSinks(scenarios, options, world);
  try {
    return await runAll(found, options, world, sinks);
  } finally {
    sinks.json?.close();
    sinks.trace?.close();
    sinks.report?.close();
  }
}

function openSinks(
  scenarios: readonly Scenario[],
  options: RunOptions,
  { terminal, version }: RunWorld,
): Sinks {
  const { json, trace, report } = options;
  return {
    json: json === undefined ? null : openSink('--json', json, terminal),
    trace: trace === undefined ? null : new TraceWriter(trace, terminal),
    report: report === undefined ? null : new ReportWriter(report, scenarios, terminal, version),
  };
}

async function runAll(
  found: readonly FoundScenario[],
  options: RunOptions,
  world: RunWorld,
  sinks: Sinks,
): Promise<ExitCode> {
  const { terminal, interruption } = world;
  // With --json - stdout belongs to the machine; people read on stderr.
  const machineReads = options.json === '-';
  const tell = (text: string) => (machineReads ? terminal.err(text) : terminal.out(text));
  const paint = makePaint(machineReads ? terminal.colourErr : terminal.colourOut);
  const isAlone = found.length === 1;
  const names = found.map(({ scenario }) => scenario.name);
  const directories = directoriesOf(names, options.out);
  const progress = new RunProgress(new ProgressLine(terminal, world.nowMs), found.length);
  const done: Done[] = [];
  if (!isAlone) tell(`${formatHeader(paint)}\n`);
  for (const [i, each] of found.entries()) {
    if (interruption.exitCode !== null) break;
    const output = await runOne(each, world, sinks, progress);
    try {
      sinks.json?.write(`${JSON.stringify(output.result)}\n`);
      const directory = directories[i];
      const files = directory === undefined ? null : writeOutput(directory, output);
      done.push({ output, files });
    } catch (error) {
      // Nowhere to write is no reason to keep what the run found to itself.
      tell(`${formatVerdict(output.result, null, paint)}\n`);
      throw error;
    }
    if (!isAlone) tell(`${formatLine(output.result, paint)}\n`);
  }
  const results = done.map(({ output }) => output.result);
  if (!isAlone) {
    const held = (result: RunOutput['result']) => exitCodeOf(result) === exitCodes.passed;
    const left = found.length - results.length;
    tell(`\n${formatSummary(results, held, paint, left)}\n`);
  } else {
    for (const { output, files } of done) tell(`${formatVerdict(output.result, files, paint)}\n`);
  }
  const written = [options.report, options.trace].filter(
    (path) => path !== undefined && path !== '-',
  );
  if (written.length > 0) terminal.err(`written: ${written.join(', ')}\n`);
  const codes = results.map((result) => exitCodeOf(result));
  return worstExitCode(interruption.exitCode === null ? codes : [...codes, interruption.exitCode]);
}

function directoriesOf(names: readonly string[], out?: string): readonly string[] {
  if (out === undefined) return [];
  if (names.length === 1) return [out];
  return directoryNames(names).map((name) => join(out, name));
}

async function runOne(
  found: FoundScenario,
  { worlds, interruption }: RunWorld,
  { trace, report }: Sinks,
  progress: RunProgress,
): Promise<RunOutput> {
  const { scenario } = found;
  progress.show(scenario, null);
  trace?.begin(scenario);
  report?.begin(scenario);
  const onEvent = (event: RunEvent): void => {
    trace?.add(event);
    report?.add(event);
  };
  try {
    const run = await worlds[scenario.transport]();
    const ran = await run(scenario, {
      signal: interruption.signal,
      onProgress: (state) => progress.show(scenario, state),
      // Without a reader, messages need not even be decoded.
      ...(trace === null && report === null ? {} : { onEvent }),
    });
    const output = { ...ran, result: withRepeat(ran.result, found) };
    report?.end(output.result);
    return output;
  } finally {
    progress.next();
  }
}

/** On real processes time and chance are real: there nothing shows a violation for certain. */
function withRepeat(result: RunResult, found: FoundScenario): RunResult {
  const { violations, transport } = result;
  if (violations.length === 0 || transport !== 'simulated') return result;
  return { ...result, repeat: repeatCommand(found) };
}
