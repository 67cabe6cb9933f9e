import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultPlan, vias } from '../cluster/bench/plan.ts';
import { limits as proofLimits } from '../proofs/limits.ts';
import type { ExitCode } from '../scenario/exit-code.ts';
import { maxRatePerSecond } from '../scenario/limits.ts';
import { formatDuration } from '../scenario/quantity.ts';
import type { BenchCommandOptions, BenchWorld } from './bench-command.ts';
import { parseDuration, parseReplicas, parseSeed, parseWhole } from './option-values.ts';

export function addBench(
  program: Command,
  world: BenchWorld,
  finish: (code: ExitCode) => void,
): void {
  program
    .command('bench')
    .description('measure throughput and latency of the real cluster on this machine')
    .option(
      '--replicas <n>',
      'voting replicas, a process each',
      parseReplicas,
      defaultPlan.replicas,
    )
    .option('--clients <n>', 'requests in flight', parseClients, defaultPlan.clients)
    .addOption(
      new Option('--via <door>', 'clients ask all replicas, or each one node at its HTTP door')
        .choices(vias)
        .default(defaultPlan.via),
    )
    .option('--links <n>', 'libp2p links that the clients share', parseLinks, defaultPlan.links)
    .addOption(
      new Option('--for <duration>', 'length of the measured window')
        .argParser(parseDuration)
        .default(defaultPlan.forMs, formatDuration(defaultPlan.forMs)),
    )
    .addOption(
      new Option('--warm-up <duration>', 'before the window')
        .argParser(parseDuration)
        .default(defaultPlan.warmUpMs, formatDuration(defaultPlan.warmUpMs)),
    )
    .option('--rate <rate>', 'open loop: as many requests a second, as in 300/s', parseRate)
    .option(
      '--request-batch <n>',
      'requests under one signature, with shared openings',
      parseRequestBatch,
      defaultPlan.requestBatch,
    )
    .option('--opaque <size>', 'order bytes, as in 1024, without proofs', parseOpaque)
    .addOption(
      new Option('--storage <where>', 'where the journals are')
        .choices(['level', 'memory'])
        .default(defaultPlan.storage),
    )
    .option('--seed <n>', 'keys and names follow from it', parseSeed, defaultPlan.seed)
    .option('--json <file>', 'write the result as one line of JSON; - is stdout')
    .option('--profile', 'print where the time of a replica goes')
    .addHelpText('after', benchHelp)
    .action(async (options: BenchCommandOptions) => {
      // The cluster is a heavy import that no other command needs at its start.
      const { benchCommand } = await import('./bench-command.ts');
      finish(await benchCommand(options, world));
    });
}

const benchHelp = `
Replicas check every proof, journals are synced, and each answer's certificate is checked. Requests
carry little work: checking it costs one hash whatever its difficulty. With --via http each client
asks one node, client by client the next one, over a connection that is kept.
Exit codes: 0 measured, 1 with errors, 2 without any answer, 130 interrupted (the result is partial
and says so).`;

function parseClients(text: string): number {
  return parseWhole(text, 1, 4096);
}

function parseLinks(text: string): number {
  return parseWhole(text, 1, 64);
}

function parseRequestBatch(text: string): number {
  return parseWhole(text, 1, proofLimits.batchedRequests);
}

function parseOpaque(text: string): number {
  return parseWhole(text, 1, 128 * 1024);
}

function parseRate(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)\/s$/.exec(text);
  const perSecond = match === null ? 0 : Number(match[1]);
  if (!(perSecond > 0 && perSecond <= maxRatePerSecond)) {
    throw new InvalidArgumentError(`Allowed: a rate like 300/s, at most ${maxRatePerSecond}/s.`);
  }
  return perSecond;
}
