import { type Command, Option } from 'commander';
import type { ExitCode } from '../scenario/exit-code.ts';
import { parseDuration } from './option-values.ts';
import type { RequestCommandOptions, RequestWorld } from './request-command.ts';
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

const defaultTimeoutMs = 120_000;

export function addRequest(program: Command, world: RequestWorld, finish: Finish): void {
  program
    .command('request')
    .description('make a key and ask a running TrustChain for a certificate')
    .requiredOption('--endpoint <url...>', 'where TrustChain is; the next when one does not answer')
    .requiredOption('--name <name>', 'the first name of the certificate')
    .option('--san <name...>', 'more names or IP addresses')
    .option('--out <dir>', 'where key, certificate, CA and proof go', '.')
    .option('--validators <file>', 'who may vote, by your own word (default: what TrustChain says)')
    .addOption(
      new Option('--profile <name>', 'what the certificate is for').choices([
        'tls',
        'tlsServer',
        'tlsClient',
        'codeSigning',
      ]),
    )
    .option(
      '--timeout <duration>',
      'how long to wait (default: 2m)',
      parseDuration,
      defaultTimeoutMs,
    )
    .addHelpText('after', exitCodeHelp)
    .action(async (options: RequestCommandOptions) => {
      const { requestCommand } = await import('./request-command.ts');
      finish(await requestCommand(options, world));
    });
}

const exitCodeHelp = `
Exit codes:
  0   issued, and the quorum's vote on it holds
  1   refused, or what came is not what was asked for
  2   not decided in time
  64  wrong usage
  65  unreadable or invalid input`;
