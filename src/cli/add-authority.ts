import { type Command, Option } from 'commander';
import type { ExitCode } from '../scenario/exit-code.ts';
import type { AuthorityCommandOptions } from './authority-command.ts';
import type { Terminal } from './terminal.ts';

const several = (one: string, before: string[] = []): string[] => [...before, one];

/** `hypermesh authority`. */
export function addAuthority(
  program: Command,
  terminal: Terminal,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('authority')
    .description('make the root and intermediate of a TrustChain, or say what they are')
    .requiredOption('--data <dir>', 'where their certificates and keys are, or shall be')
    .addOption(
      new Option('--algorithm <name>', 'of new keys').choices(['p256', 'ed25519']).default('p256'),
    )
    .option('--passphrase-file <file>', 'seals the keys (or HYPERMESH_CA_PASSPHRASE)')
    .option('--suffix <name>', 'names to certify at and below it (default: mesh)', several)
    .option('--network <cidr>', 'addresses to certify (default: fd00::/8 and loopback)', several)
    .option('--url <base>', 'where TrustChain will be found, for the intermediate to say')
    .action(async (options: AuthorityCommandOptions) => {
      const { authorityCommand } = await import('./authority-command.ts');
      const { HYPERMESH_CA_PASSPHRASE } = process.env;
      finish(authorityCommand(options, terminal, HYPERMESH_CA_PASSPHRASE));
    });
}
