import type { Command } from 'commander';
import type { ExitCode } from '../scenario/exit-code.ts';
import type { TrustchainWorld } from './trustchain-command.ts';

type Finish = (code: ExitCode) => void;

export function addTrustchain(program: Command, world: TrustchainWorld, finish: Finish): void {
  program
    .command('trustchain')
    .description('run TrustChain in front of a cluster on other machines, until stopped')
    .requiredOption('--config <file>', 'its config file (YAML)')
    .action(async (options: { readonly config: string }) => {
      const { trustchainCommand } = await import('./trustchain-command.ts');
      finish(await trustchainCommand(options, world));
    });
}
