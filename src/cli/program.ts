import { Command, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from '../scenario/exit-code.ts';
import { scenarioSchema } from '../scenario/schema.ts';
import { type RunOptions, type RunWorld, runCommand } from './run-command.ts';
import type { VerifyOptions } from './verify-command.ts';

/** The commands of `hypermesh`. `finish` receives the exit code of the one that ran. */
export function buildProgram(
  version: string,
  world: RunWorld,
  finish: (code: ExitCode) => void,
): Command {
  const { terminal } = world;
  const program = new Command('hypermesh')
    .description('A Byzantine consensus simulator that is also the real system.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHasColors: () => terminal.colourOut,
      getErrHasColors: () => terminal.colourErr,
    })
    .showHelpAfterError('(--help says what is possible)');
  addRun(program, world, finish);
  addVerify(program, world, finish);
  program
    .command('schema')
    .description('print the JSON Schema of the scenario format, for editors')
    .action(() => {
      terminal.out(`${JSON.stringify(scenarioSchema, null, 2)}\n`);
      finish(0);
    });
  return program;
}

function addRun(program: Command, world: RunWorld, finish: (code: ExitCode) => void): void {
  program
    .command('run')
    .description('run scenarios and say what came of them')
    .argument('<file...>', 'scenario files (YAML)')
    .option('--seed <n>', 'use this seed in every scenario', parseSeed)
    .addOption(
      new Option('--transport <name>', 'run every scenario there').choices(['simulated', 'libp2p']),
    )
    .option('--json <file>', 'write results as JSON, a line per scenario; - is stdout')
    .option('--trace <file>', 'write everything that happened, as JSON lines; - is stdout')
    .option('--out <dir>', 'write certificates, proofs, validator set and results there')
    .addHelpText('after', exitCodeHelp)
    .action(async (files: string[], options: RunOptions) => {
      finish(await runCommand(files, options, world));
    });
}

function addVerify(program: Command, world: RunWorld, finish: (code: ExitCode) => void): void {
  program
    .command('verify')
    .description('check offline that a quorum decided a certificate')
    .argument('<certificate>', 'the certificate (PEM)')
    .requiredOption('--validators <file>', 'who may vote: validators.json')
    .option('--proof <file>', 'the result certificate, where the X.509 one does not carry it')
    .option('--ca <file>', 'check the CA certificate too')
    .action(async (certificate: string, options: VerifyOptions) => {
      // X.509 is a heavy import that no other command needs at its start.
      const { verifyCommand } = await import('./verify-command.ts');
      finish(verifyCommand(certificate, options, world.terminal));
    });
}

const exitCodeHelp = `
Exit codes, the worst of all scenarios:
  0    every expectation holds
  1    an expectation failed
  2    stalled: requests still unanswered at the end
  3    diverged: a safety checker fired
  4    our own fault
  64   wrong usage
  65   unreadable or invalid input
  130  interrupted (143: terminated); what was written is partial and says so`;

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(seed)) {
    throw new InvalidArgumentError(`Allowed: a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
  }
  return seed;
}
