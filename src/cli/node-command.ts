import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import { asFailure } from './daemon-failure.ts';
import { wrongUsage } from './failure.ts';
import { type Interruption, interrupted } from './interruption.ts';
import type { Terminal } from './terminal.ts';

export interface NodeCommandOptions {
  readonly config?: string;
  readonly printConfig?: boolean;
}

/** Everything outside the command itself, so that a test can stand in for it. */
export interface NodeWorld {
  readonly terminal: Terminal;
  readonly interruption: Interruption;
}

/** Runs one node until it is interrupted, or prints its config. Returns the exit code. */
export async function nodeCommand(
  { config: file, printConfig }: NodeCommandOptions,
  { terminal, interruption }: NodeWorld,
): Promise<ExitCode> {
  try {
    const { readWrittenNodeConfig, resolveNodeConfig } = await import('../daemon/node-config.ts');
    if (printConfig) {
      const { printNodeConfig, exampleConfig } = await import('../daemon/print-config.ts');
      const written = file === undefined ? exampleConfig : readWrittenNodeConfig(file);
      terminal.out(printNodeConfig(written));
      return exitCodes.passed;
    }
    if (file === undefined) throw wrongUsage('--config: found nothing; allowed: a config file');
    const config = resolveNodeConfig(file, readWrittenNodeConfig(file));
    const { startNode } = await import('../daemon/node-host.ts');
    const node = await startNode(config, { lockPatienceMs: 0, injectFaults: false });
    const { multiaddr, url } = node;
    terminal.out(`node ${config.replica} takes part at ${multiaddr}, HTTP at ${url}\n`);
    await Promise.race([interrupted(interruption.signal), node.spent]);
    await node.stop();
    if (interruption.signal.aborted) return exitCodes.passed;
    terminal.err('the disk failed and is there again: start this node anew\n');
    return exitCodes.crashed;
  } catch (error) {
    throw asFailure(error);
  }
}
