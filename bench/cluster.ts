/**
 * Measures the real cluster in one respect, several times, and prints a table of medians and their
 * spread; most respects have a picture too (`bench/cluster-<respect>.svg`).
 *
 *   node bench/cluster.ts headline|batches|curve|doors|growth|sizes|faults [--runs 5] [--for 10s]
 *     [--warm-up 60s] [--settle 3s] [--json FILE]
 *
 * headline: what the goals name. batches: many requests under one signature, beside the plain form.
 * curve: throughput against latency as load rises, with the knee. doors: the same for clients who
 * ask all replicas over libp2p, and for those who ask one node over HTTP.
 * growth: n = 4, 7, 10, 16, warmed up in proportion to n. sizes: opaque operations of 64 B to
 * 16 KiB. faults: one silent replica, and the primary killed.
 *
 * Each case has one cluster, warmed up once, because its code takes a minute of load to be
 * compiled; its runs are so many windows, those of all its ways of asking in turn, with fresh
 * requests and a pause between them. What differs from one start of a cluster to the next is not in
 * the spread: start the command twice for that. Only where a replica is killed in the window each
 * run has a cluster of its own.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import {
  type Asking,
  type BenchPlan,
  defaultPlan,
  vias,
  type Way,
} from '../src/cluster/bench/plan.ts';
import type { BenchResult } from '../src/cluster/bench/result.ts';
import { runSweep } from '../src/cluster/bench/run.ts';
import { useSodium } from '../src/runtime/sodium-engine.ts';
import { parseDurationMs } from '../src/scenario/quantity.ts';
import { drawPanels } from './chart.ts';
import { type Gathered, panelOf, spreadOf } from './cluster-pictures.ts';

/** One cluster, asked in one way after the other. */
interface Case {
  readonly name: (asking: Asking) => string;
  readonly plan: BenchPlan;
  readonly ways: readonly Asking[];
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    for: { type: 'string', default: '10s' },
    'warm-up': { type: 'string', default: '60s' },
    settle: { type: 'string', default: '3s' },
    json: { type: 'string' },
  },
});
const runs = Number(values.runs);
const times = {
  forMs: parseDurationMs(values.for) ?? 10_000,
  warmUpMs: parseDurationMs(values['warm-up']) ?? 60_000,
};
const settleMs = parseDurationMs(values.settle) ?? 3000;

const closed = (clients: number): Asking => ({ clients, ratePerSecond: null });
const open = (ratePerSecond: number): Asking => ({ clients: 64, ratePerSecond });
const plan: BenchPlan = { ...defaultPlan, ...times };
const opaque = (sizeBytes: number): BenchPlan => {
  return { ...plan, work: { type: 'opaque', sizeBytes }, storage: 'memory' };
};

const describeAsking = ({ clients, ratePerSecond }: Asking) =>
  ratePerSecond === null ? `${clients} clients` : `${ratePerSecond}/s`;

const respects: Readonly<Record<string, readonly Case[]>> = {
  headline: [
    {
      name: (asking) => `validations, ${describeAsking(asking)}`,
      plan,
      ways: [closed(64), closed(256), open(300), closed(1)],
    },
    {
      name: (asking) => `ordering alone, 1 kB, ${describeAsking(asking)}`,
      plan: opaque(1000),
      ways: [closed(256), closed(1024)],
    },
    {
      name: (asking) => `32 under one signature, ${describeAsking(asking)}`,
      plan: { ...plan, requestBatch: 32 },
      ways: [closed(512), closed(1024)],
    },
  ],
  batches: [1, 32, 64].map((requestBatch) => ({
    name: () => `${requestBatch} under one signature`,
    plan: { ...plan, requestBatch },
    ways: [closed(1024)],
  })),
  curve: [
    {
      name: describeAsking,
      plan,
      ways: [64, 32, 16, 8, 4, 2, 1, 128, 256].map(closed),
    },
  ],
  doors: vias.map((via) => ({
    name: (asking) => `${describeAsking(asking)}, ${via === 'http' ? 'HTTP' : via}`,
    plan: { ...plan, via },
    ways: [64, 16, 4, 1, 256].map(closed),
  })),
  growth: [4, 7, 10, 16].map((replicas) => ({
    name: () => `n = ${replicas}`,
    // The same CPU time for each replica before it is measured, on cores that are no more.
    plan: { ...plan, replicas, warmUpMs: (times.warmUpMs * replicas) / 4 },
    ways: [closed(128)],
  })),
  sizes: [64, 256, 1024, 4096, 16_384].map((sizeBytes) => ({
    name: () => `${sizeBytes} bytes`,
    plan: opaque(sizeBytes),
    ways: [closed(256)],
  })),
  faults: [
    { name: () => 'all well', plan, ways: [closed(64)] },
    { name: () => 'a silent replica', plan: { ...plan, kill: { replica: 3, atMs: null } } },
    {
      name: () => 'the primary killed',
      plan: { ...plan, kill: { replica: 0, atMs: times.forMs / 3 } },
    },
  ].map((each) => ({ ways: [closed(64)], ...each })),
};

async function gather(cases: readonly Case[]): Promise<Gathered> {
  const gathered = new Map<string, BenchResult[]>();
  for (const { name, plan: each, ways } of cases) {
    const killsInWindow = typeof each.kill?.atMs === 'number';
    const perCluster = Array.from({ length: killsInWindow ? 1 : runs }, () => ways).flat();
    const all = perCluster.map((asking): Way => ({ ...asking, settleMs }));
    const onResult = (result: BenchResult) => {
      const label = name(result);
      gathered.set(label, [...(gathered.get(label) ?? []), result]);
      const { throughputPerSecond, shareOfLimit, latencyMs } = result;
      process.stderr.write(
        `${label}: ${throughputPerSecond}/s, ${shareOfLimit} of the limit, ` +
          `p90 ${latencyMs.p90} ms\n`,
      );
    };
    for (let cluster = 0; cluster < (killsInWindow ? runs : 1); cluster++) {
      await runSweep(each, all, { onResult });
    }
  }
  return gathered;
}

const columns: readonly (readonly [string, (result: BenchResult) => number, number])[] = [
  ['per second', (result) => result.throughputPerSecond, 0],
  ['p50 ms', (result) => result.latencyMs.p50, 1],
  ['p90 ms', (result) => result.latencyMs.p90, 1],
  ['p99 ms', (result) => result.latencyMs.p99, 1],
  ['limit', (result) => result.limitPerSecond, 0],
  ['share', (result) => result.shareOfLimit * 100, 0],
  ['batch', (result) => result.meanBatch, 0],
  ['CPU µs, replicas', (result) => result.cpuUsPerRequest.replicas, 0],
  ['CPU µs, clients', (result) => result.cpuUsPerRequest.clients, 0],
  ['cores', (result) => result.coresUsed, 2],
  ['silence ms', (result) => result.longestSilenceMs, 0],
  ['errors', (result) => result.errors, 0],
];

function printTable(gathered: Gathered): void {
  const row = (cells: readonly string[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
  row(['', ...columns.map(([title]) => title)]);
  row(['---', ...columns.map(() => '---:')]);
  for (const [label, results] of gathered) {
    row([
      label,
      ...columns.map(([, pick, digits]) => {
        const { median, least, most } = spreadOf(results, pick);
        const wide = least.toFixed(digits) !== most.toFixed(digits);
        const spread = wide ? ` (${least.toFixed(digits)}–${most.toFixed(digits)})` : '';
        return `${median.toFixed(digits)}${spread}`;
      }),
    ]);
  }
}

useSodium();
const [respect = 'headline'] = positionals;
const cases = respects[respect];
if (cases === undefined) throw new Error(`${respect}: one of ${Object.keys(respects).join(', ')}`);
const gathered = await gather(cases);
process.stdout.write(
  `\n${new Date().toISOString()}, Node ${process.version}, ${availableParallelism()} cores, ` +
    `${runs} runs of ${times.forMs / 1000} s after ${times.warmUpMs / 1000} s\n\n`,
);
printTable(gathered);
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify(Object.fromEntries(gathered), null, 2)}\n`);
}
const panel = panelOf(respect, gathered);
if (panel !== null) {
  const file = new URL(`./cluster-${respect}.svg`, import.meta.url);
  writeFileSync(file, drawPanels(`hypermesh: ${respect}`, [panel]));
}
