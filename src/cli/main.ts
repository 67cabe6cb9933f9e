import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { tuneEngine } from '../runtime/engine-settings.ts';
import { useSodium } from '../runtime/sodium-engine.ts';
import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import { CommandFailure } from './failure.ts';
import { catchSignals } from './interruption.ts';
import { buildProgram } from './program.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { loadExplorer, worlds } from './worlds.ts';

/** After its work the process ends by itself; what keeps it longer than this is a leak of ours. */
const lingerMs = 5000;

async function main(terminal: Terminal): Promise<ExitCode> {
  const interruption = catchSignals(() => {
    terminal.err('\nstopping; once more to stop at once\n');
  });
  let exitCode: ExitCode = exitCodes.passed;
  const version = packageVersion();
  const nowMs = () => performance.now();
  const world = { terminal, worlds, loadExplorer, interruption, nowMs, version };
  const program = buildProgram(world, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    return explain(error, terminal);
  } finally {
    interruption.release();
  }
}

function explain(error: unknown, terminal: Terminal): ExitCode {
  // Commander has said it already; help and version are no errors.
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.passed : exitCodes.usage;
  }
  if (error instanceof CommandFailure) {
    terminal.err(`${error.message}\n`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  terminal.err(`hypermesh: an error of its own: ${message}\n`);
  const stack = error instanceof Error ? error.stack : undefined;
  if (terminal.debug && stack !== undefined) terminal.err(`${stack}\n`);
  else terminal.err('HYPERMESH_DEBUG=1 shows where.\n');
  return exitCodes.crashed;
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}

/**
 * A reader that has seen enough (`| head`: EPIPE) and a terminal that was closed (EIO) are no
 * errors; the run still ends and cleans up.
 */
function goOnWhenNobodyReads(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}

tuneEngine();
useSodium();
const terminal = processTerminal();
goOnWhenNobodyReads();
process.on('uncaughtException', (error) => process.exit(explain(error, terminal)));
process.exitCode = await main(terminal);
setTimeout(() => {
  terminal.err(`hypermesh: still busy after its work: ${process.getActiveResourcesInfo()}\n`);
  process.exit();
}, lingerMs).unref();
