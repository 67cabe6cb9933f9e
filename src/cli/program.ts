import { Command, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from '../scenario/exit-code.ts';
import { maxReplicas, minVotingReplicas } from '../scenario/limits.ts';
import { scenarioSchema } from '../scenario/schema.ts';
import { addAuthority } from './add-authority.ts';
import { addBench } from './add-bench.ts';
import { addCluster, addNode } from './add-cluster.ts';
import { addReadmit } from './add-readmit.ts';
import { addRequest, addTrustchain } from './add-trustchain.ts';
import {
  type ExploreCommandOptions,
  type ExploreWorld,
  exploreCommand,
} from './explore-command.ts';
import { newCommand } from './new-command.ts';
import { parseDuration, parseSeed, parseWhole } from './option-values.ts';
import type { PlotCommandOptions } from './plot-command.ts';
import { type RunOptions, type RunWorld, runCommand } from './run-command.ts';
import { type TwinsCommandOptions, twinsCommand } from './twins-command.ts';
import type { VerifyOptions } from './verify-command.ts';

/** What the commands take from outside, so that a test can stand in for it. */
export type CommandWorld = RunWorld & ExploreWorld;

const parseRounds = (text: string): number => parseWhole(text, 1, 4);

type Finish = (code: ExitCode) => void;

/** The commands of `hypermesh`. `finish` receives the exit code of the one that ran. */
export function buildProgram(world: CommandWorld, finish: Finish): Command {
  const { terminal, version } = world;
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
  addExplore(program, world, finish);
  addVerify(program, world, finish);
  addPlot(program, world, finish);
  addCluster(program, world, finish);
  addNode(program, world, finish);
  addTrustchain(program, world, finish);
  addRequest(program, world, finish);
  addAuthority(program, terminal, finish);
  addReadmit(program, terminal, finish);
  addBench(program, world, finish);
  program
    .command('new')
    .description('write a commented scenario to start from')
    .argument('[file]', 'where; - is stdout', 'scenario.yaml')
    .action((file: string) => {
      finish(newCommand(file, terminal));
    });
  program
    .command('schema')
    .description('print the JSON Schema of the scenario format, for editors')
    .action(() => {
      terminal.out(`${JSON.stringify(scenarioSchema, null, 2)}\n`);
      finish(0);
    });
  return program;
}

function addRun(program: Command, world: RunWorld, finish: Finish): void {
  program
    .command('run')
    .description('run scenarios and say what came of them')
    .argument('<file...>', 'scenario files (YAML)')
    .option('--seed <n>', 'use this seed in every scenario', parseSeed)
    .addOption(
      new Option('--transport <name>', 'run every scenario there').choices(['simulated', 'libp2p']),
    )
    .option('--only <name>', 'run the scenarios of this name, of all in the files')
    .option('--json <file>', 'write results as JSON, a line per scenario; - is stdout')
    .option(
      '--trace <file>',
      'write all that happened: .jsonl an event per line, .json for Perfetto',
    )
    .option('--report <file>', 'write a page for the browser; several scenarios: a page each')
    .option('--out <dir>', 'write certificates, proofs, validator set and results there')
    .addHelpText('after', exitCodeHelp)
    .action(async (files: string[], options: RunOptions) => {
      finish(await runCommand(files, options, world));
    });
}

function addExplore(program: Command, world: ExploreWorld, finish: Finish): void {
  program
    .command('explore')
    .description('try random hostile schedules in virtual time; shrink what breaks')
    .option('--runs <n>', 'schedules to try', parseRuns)
    .option('--for <duration>', 'how long to try (default: 60s, without --runs)', parseDuration)
    .option('--seed <n>', 'all chance flows from it', parseExploreSeed, 1)
    .addOption(
      new Option('--replicas <range>', 'voting replicas, as in 4..10 or 7')
        .argParser(parseRange)
        .default([4, 10], '4..10'),
    )
    .option('--out <dir>', 'where a violation becomes a scenario file', 'out/explore')
    .option('--twins', 'instead: every schedule of four replicas, one run twice under its key')
    .addOption(
      new Option('--rounds <n>', 'with --twins: partitions in a row, 1 to 4 (4 takes hours)')
        .argParser(parseRounds)
        .default(2),
    )
    .option('--json', 'only the result line on stdout')
    .addHelpText('after', '\nExit codes: 0 nothing found, 3 a violation, 130 interrupted.')
    .action(async (options: ExploreCommandOptions & TwinsCommandOptions) => {
      const command = options.twins === true ? twinsCommand : exploreCommand;
      finish(await command(options, world));
    });
}

function addPlot(program: Command, world: RunWorld, finish: Finish): void {
  program
    .command('plot')
    .description('make a plot, the space that a node proves it keeps')
    .requiredOption('--node-key <file>', "the node's Ed25519 key: PEM, or a public key in hex")
    .requiredOption('--size <size>', 'a power of two from 4KiB to 16GiB, like 1GiB')
    .requiredOption('--out <file>', 'where the plot goes; three times its size while it is made')
    .option('--force', 'begin anew where a plot, finished or not, is already')
    .action(async (options: PlotCommandOptions) => {
      const { plotCommand } = await import('./plot-command.ts');
      finish(await plotCommand(options, world));
    });
}

function addVerify(program: Command, world: RunWorld, finish: Finish): void {
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
  130  interrupted (143: terminated, 129: hung up); what was written is partial,
       and says so`;

// A schedule's seed is made of this one and its number, a million of them apart.
const maxExploreSeed = Math.floor(Number.MAX_SAFE_INTEGER / 1_000_000) - 1;

function parseExploreSeed(text: string): number {
  return parseWhole(text, 0, maxExploreSeed);
}

function parseRuns(text: string): number {
  return parseWhole(text, 1, 1_000_000);
}

function parseRange(text: string): readonly [number, number] {
  const match = /^([0-9]+)(?:\.\.([0-9]+))?$/.exec(text);
  const [min, max] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (!(min >= minVotingReplicas && max <= maxReplicas && min <= max)) {
    throw new InvalidArgumentError(
      `Allowed: a number from ${minVotingReplicas} to ${maxReplicas}, or two of them as in 4..10.`,
    );
  }
  return [min, max];
}
