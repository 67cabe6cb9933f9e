import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import { asFailure } from './daemon-failure.ts';
import { type Interruption, interrupted } from './interruption.ts';
import type { Terminal } from './terminal.ts';

/** Everything outside the command itself, so that a test can stand in for it. */
export interface TrustchainWorld {
  readonly terminal: Terminal;
  readonly interruption: Interruption;
}

/** Runs TrustChain in front of a cluster of other processes until it is interrupted. */
export async function trustchainCommand(
  { config: file }: { readonly config: string },
  { terminal, interruption }: TrustchainWorld,
): Promise<ExitCode> {
  try {
    const { readTrustchainConfig } = await import('../daemon/trustchain-config-file.ts');
    const config = readTrustchainConfig(file);
    const { startTrustchain } = await import('../daemon/trustchain-host.ts');
    const { url, dns, stop } = await startTrustchain(config);
    terminal.out(`TrustChain serves at ${url}, DNS at ${dns}\n`);
    await interrupted(interruption.signal);
    await stop();
    return exitCodes.passed;
  } catch (error) {
    throw asFailure(error);
  }
}
