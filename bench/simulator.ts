/**
 * How fast the simulator is: deliveries and decisions a second of CPU, by cluster size and
 * signature scheme, everything running (journals, ledger, clients, checkers, trace digest).
 *
 *   node bench/simulator.ts [--replicas 4,16,64,100] [--signatures ideal,ed25519] [--runs 3]
 *       [--decisions 600]                         another length of each run
 *       [--cold]                                  a process for each run, see below
 *   node bench/simulator.ts --schedules 2000      small hostile schedules a second, n = 4
 *   node --expose-gc bench/simulator.ts --requests 1000000      the heap at ten points
 *
 * Each figure has a process of its own, and in it several runs one after the other, each from the
 * first event to the last: two that are not counted, in which the program is compiled, and those
 * of which the median by time per decision is shown. All of them must leave the same trace. With
 * `--cold` each run has a process of its own and its first fifth is not counted: what one run from
 * the command line gives, of which the compiler takes half. One batch per decision and one request
 * per batch, so a decision costs a full round of messages. Times are CPU time of all threads, the
 * compiler's and the collector's too.
 */

import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { useSodium } from '../src/runtime/sodium-engine.ts';
import { noExpectations, noneInvalid } from '../src/scenario/defaults.ts';
import type { Scenario } from '../src/scenario/scenario.ts';
import { Simulation } from '../src/simulator/simulation.ts';
import { runLong } from './long-run.ts';
import { runSchedules } from './schedules.ts';

interface Measured {
  readonly replicas: number;
  readonly signatures: string;
  readonly decisions: number;
  readonly deliveries: number;
  readonly cpuMs: number;
  readonly deliveriesPerSecond: number;
  readonly decisionsPerSecond: number;
  readonly msPerDecision: number;
}

/** Of the decisions of a run in a process of its own, those that are not counted. */
const coldShare = 0.2;
/** Runs before those that count. */
const warmRuns = 2;

/** Enough decisions that the start does not count, few enough that n = 128 ends in seconds. */
function decisionsFor(replicas: number): number {
  return Math.max(100, Math.round(20_000 / replicas ** 1.2));
}

function scenarioFor(
  replicas: number,
  signatures: Scenario['signatures'],
  requests: number,
): Scenario {
  return {
    name: 'bench',
    description: '',
    seed: 1,
    replicas: { voting: replicas, standby: 0 },
    profile: 'localhost',
    transport: 'simulated',
    storage: 'memory',
    signatures,
    durationMs: 3_600_000,
    network: { latency: { minMs: 1, maxMs: 5 }, loss: 0, duplicate: 0, reorder: 0 },
    workload: {
      kind: 'nops',
      clients: 1,
      requests,
      ratePerSecond: null,
      outstanding: 1,
      invalid: noneInvalid,
    },
    adversaries: [],
    timeline: [],
    expect: noExpectations,
  };
}

/** One run; of its decisions the first `share` are not counted. */
function measure(scenario: Scenario, share: number): Measured & { readonly digest: string } {
  const simulation = new Simulation(scenario);
  const { world, workload } = simulation;
  const { requests } = scenario.workload;
  const uncounted = Math.floor(requests * share);
  while (workload.settled < uncounted && simulation.run(1000));
  const decidedBefore = world.newestExecuted();
  const deliveredBefore = world.network.counts.delivered;
  const before = process.cpuUsage();
  while (simulation.run(100_000));
  const { user, system } = process.cpuUsage(before);
  const { violation } = simulation;
  if (violation !== null || !workload.isDone)
    throw new Error(`the run failed: ${violation?.detail}`);
  const decisions = world.newestExecuted() - decidedBefore;
  const deliveries = world.network.counts.delivered - deliveredBefore;
  const cpuMs = (user + system) / 1000;
  return {
    replicas: scenario.replicas.voting,
    signatures: scenario.signatures,
    decisions,
    deliveries,
    cpuMs: Math.round(cpuMs),
    deliveriesPerSecond: Math.round((deliveries / cpuMs) * 1000),
    decisionsPerSecond: Math.round((decisions / cpuMs) * 10_000) / 10,
    msPerDecision: Math.round((cpuMs / decisions) * 1000) / 1000,
    digest: world.trace.finish(),
  };
}

/** Runs one after the other in this process, the compiler's time left to the first of them. */
function warmMedian(scenario: Scenario, runs: number): Measured {
  const all = Array.from({ length: warmRuns + runs }, () => measure(scenario, 0));
  const digests = new Set(all.map(({ digest }) => digest));
  if (digests.size !== 1) throw new Error(`one seed, ${digests.size} traces`);
  return median(all.slice(warmRuns));
}

function inOwnProcess(replicas: number, signatures: string, how: readonly string[]): Measured {
  const file = new URL(import.meta.url).pathname;
  const args = [file, '--one', `${replicas}`, '--signatures', signatures, ...how];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured;
}

function median(runs: readonly (Measured & { readonly digest?: string })[]): Measured {
  const sorted = runs.toSorted((a, b) => a.msPerDecision - b.msPerDecision);
  const { digest: _, ...figures } = sorted[sorted.length >> 1] as (typeof sorted)[number];
  return figures;
}

function wholeNumber(name: string, value: string | number): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new RangeError(`--${name} ${value}: a whole number from 1 on`);
}

function print(row: object): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

useSodium();
const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '4,16,64,100' },
    signatures: { type: 'string', default: 'ideal,ed25519' },
    runs: { type: 'string', default: '3' },
    decisions: { type: 'string' },
    cold: { type: 'boolean', default: false },
    schedules: { type: 'string' },
    requests: { type: 'string' },
    one: { type: 'string' },
  },
});
const runs = wholeNumber('runs', values.runs);
const { cold } = values;

function figure(replicas: number, signatures: string): Measured {
  const decisions = wholeNumber('decisions', values.decisions ?? decisionsFor(replicas));
  const length = ['--decisions', `${decisions}`];
  if (!cold) return inOwnProcess(replicas, signatures, [...length, '--runs', `${runs}`]);
  const one = () => inOwnProcess(replicas, signatures, [...length, '--cold']);
  return median(Array.from({ length: runs }, one));
}

if (values.one !== undefined) {
  const signatures = values.signatures as Scenario['signatures'];
  const replicas = wholeNumber('one', values.one);
  const decisions = wholeNumber('decisions', values.decisions ?? decisionsFor(replicas));
  const scenario = scenarioFor(replicas, signatures, decisions);
  print(cold ? median([measure(scenario, coldShare)]) : warmMedian(scenario, runs));
} else if (values.schedules !== undefined) {
  const schedules = wholeNumber('schedules', values.schedules);
  print(runSchedules(scenarioFor(4, 'ideal', decisionsFor(4)), schedules));
} else if (values.requests !== undefined) {
  const requests = wholeNumber('requests', values.requests);
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('heap samples need a collection first: node --expose-gc');
  runLong(scenarioFor(4, 'ideal', decisionsFor(4)), requests, () => gc(), print);
} else {
  for (const signatures of values.signatures.split(',')) {
    for (const replicas of values.replicas.split(',')) {
      print(figure(wholeNumber('replicas', replicas), signatures));
    }
  }
}
