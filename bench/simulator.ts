/**
 * How fast the simulator is: deliveries and decisions a second of CPU, by cluster size and
 * signature scheme, everything running (journals, ledger, clients, checkers, trace digest).
 *
 *   node bench/simulator.ts [--replicas 4,16,64,100] [--signatures ideal,ed25519] [--runs 3]
 *       [--decisions 600] [--warm 0.5]            another length of run, another share not counted
 *   node bench/simulator.ts --schedules 2000      small hostile schedules a second, n = 4
 *   node --expose-gc bench/simulator.ts --requests 1000000      the heap at ten points
 *
 * Each run has a process of its own; the median by decisions a second is shown. One batch per
 * decision and one request per batch, so a decision costs a full round of messages. The first
 * fifth of a run is not counted; functions are still being compiled long after it, so a longer run
 * of which half is left out shows what the program comes to.
 */

import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
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

/** Of the decisions, those made while functions are still being compiled. */
const warmShare = 0.2;

/** Enough decisions that the start does not count, few enough that n = 100 ends in seconds. */
function decisionsFor(replicas: number): number {
  return Math.max(100, Math.round(20_000 / replicas ** 1.2));
}

/** How long a run is, and what share of its beginning does not count. */
interface Length {
  readonly decisions: number;
  readonly warm: number;
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

function measure(replicas: number, signatures: Scenario['signatures'], length: Length): Measured {
  const simulation = new Simulation(scenarioFor(replicas, signatures, length.decisions));
  const { world, workload } = simulation;
  const warm = Math.floor(length.decisions * length.warm);
  while (workload.settled < warm && simulation.run(1000));
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
    replicas,
    signatures,
    decisions,
    deliveries,
    cpuMs: Math.round(cpuMs),
    deliveriesPerSecond: Math.round((deliveries / cpuMs) * 1000),
    decisionsPerSecond: Math.round((decisions / cpuMs) * 10_000) / 10,
    msPerDecision: Math.round((cpuMs / decisions) * 1000) / 1000,
  };
}

function inOwnProcess(replicas: number, signatures: string, length: Length): Measured {
  const file = new URL(import.meta.url).pathname;
  const { decisions, warm } = length;
  const how = ['--signatures', signatures, '--decisions', `${decisions}`, '--warm', `${warm}`];
  const args = [file, '--one', `${replicas}`, ...how];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured;
}

function median(runs: readonly Measured[]): Measured {
  const sorted = runs.toSorted((a, b) => a.msPerDecision - b.msPerDecision);
  return sorted[sorted.length >> 1] as Measured;
}

function lengthFor(replicas: number): Length {
  const decisions = Number(values.decisions ?? decisionsFor(replicas));
  const warm = Number(values.warm);
  if (!Number.isSafeInteger(decisions) || decisions < 1) {
    throw new RangeError(`--decisions ${values.decisions}: a whole number from 1 on`);
  }
  if (!(warm >= 0 && warm < 1)) throw new RangeError(`--warm ${values.warm}: from 0, below 1`);
  return { decisions, warm };
}

function print(row: object): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '4,16,64,100' },
    signatures: { type: 'string', default: 'ideal,ed25519' },
    runs: { type: 'string', default: '3' },
    decisions: { type: 'string' },
    warm: { type: 'string', default: `${warmShare}` },
    schedules: { type: 'string' },
    requests: { type: 'string' },
    one: { type: 'string' },
  },
});

if (values.one !== undefined) {
  const signatures = values.signatures as Scenario['signatures'];
  const replicas = Number(values.one);
  print(measure(replicas, signatures, lengthFor(replicas)));
} else if (values.schedules !== undefined) {
  print(runSchedules(scenarioFor(4, 'ideal', decisionsFor(4)), Number(values.schedules)));
} else if (values.requests !== undefined) {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('heap samples need a collection first: node --expose-gc');
  runLong(scenarioFor(4, 'ideal', decisionsFor(4)), Number(values.requests), () => gc(), print);
} else {
  for (const signatures of values.signatures.split(',')) {
    for (const replicas of values.replicas.split(',').map(Number)) {
      const runs = Array.from({ length: Number(values.runs) }, () =>
        inOwnProcess(replicas, signatures, lengthFor(replicas)),
      );
      print(median(runs));
    }
  }
}
