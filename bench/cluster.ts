/**
 * Measures the real cluster in one respect, several times, and prints a table of medians and their
 * spread; most respects have a picture too (`bench/cluster-<respect>.svg`).
 *
 *   node bench/cluster.ts headline|batches|curve|growth|sizes|faults [--runs 5] [--for 10s]
 *     [--warm-up 60s] [--settle 3s] [--json FILE]
 *
 * headline: what the goals name. batches: many requests under one signature, beside the plain form.
 * curve: throughput against latency as load rises, with the knee.
 * growth: n = 4, 7, 10, 16. sizes: opaque operations of 64 B to 16 KiB. faults: one silent replica,
 * and the primary killed.
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
import { type Asking, type BenchPlan, defaultPlan, type Way } from '../src/cluster/bench/plan.ts';
import type { BenchResult } from '../src/cluster/bench/result.ts';
import { runSweep } from '../src/cluster/bench/run.ts';
import { useSodium } from '../src/runtime/sodium-engine.ts';
import { parseDurationMs } from '../src/scenario/quantity.ts';
import { drawPanels, type Panel, type Point, type Series } from './chart.ts';

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
      ways: [closed(512)],
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
  growth: [4, 7, 10, 16].map((replicas) => ({
    name: () => `n = ${replicas}`,
    plan: { ...plan, replicas },
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

type Gathered = Map<string, BenchResult[]>;

async function gather(cases: readonly Case[]): Promise<Gathered> {
  const gathered: Gathered = new Map();
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

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

function spreadOf(results: readonly BenchResult[], pick: (result: BenchResult) => number): Spread {
  const sorted = results.map(pick).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return { median: middle, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
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

/** Round numbers from 0 to above `most`. */
function ticksTo(most: number): number[] {
  const rough = Math.max(most, 1) / 5;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * magnitude >= rough) ?? 10) * magnitude;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step);
}

const decades = [1, 10, 100, 1000, 10_000];
const whole = { x: (value: number) => `${value}`, y: (value: number) => `${value}` };

/** Where the most requests are answered for the latency they wait. */
function kneeOf(points: readonly Point[]): Point {
  const [first] = points;
  if (first === undefined) throw new Error('no points');
  return points.reduce((best, each) => (each.x / each.y > best.x / best.y ? each : best), first);
}

function byClients([a]: readonly BenchResult[], [b]: readonly BenchResult[]): number {
  return (a?.clients ?? 0) - (b?.clients ?? 0);
}

function curvePanel(gathered: Gathered): Panel {
  const line = (pick: (result: BenchResult) => number): Point[] =>
    [...gathered.values()].toSorted(byClients).map((results) => {
      const { median, least, most } = spreadOf(results, pick);
      const x = spreadOf(results, (result) => result.throughputPerSecond).median;
      return { x, y: median, low: least, high: most };
    });
  const p90 = line((result) => result.latencyMs.p90);
  const knee = kneeOf(p90);
  const series: Series[] = [
    {
      name: 'p50',
      colour: '#2b6cb0',
      kind: 'measured',
      points: line((result) => result.latencyMs.p50),
    },
    { name: 'p90', colour: '#c05621', kind: 'measured', points: p90 },
    {
      name: `knee: ${knee.x.toFixed(0)} per second at p90 ${knee.y.toFixed(0)} ms`,
      colour: '#718096',
      kind: 'promised',
      points: [
        { x: knee.x, y: 1 },
        { x: knee.x, y: 10_000 },
      ],
    },
  ];
  return {
    title: 'Latency as load rises (1 to 256 clients)',
    xName: 'validations per second',
    yName: 'milliseconds',
    xTicks: ticksTo(Math.max(...p90.map(({ x }) => x))),
    yTicks: decades,
    format: whole,
    logarithmic: true,
    series,
  };
}

/** Throughput of the cases in their order, at the number that their names say. */
function throughputPanel(gathered: Gathered, title: string, xName: string, fall: boolean): Panel {
  const points = [...gathered].map(([label, results]): Point => {
    const { median, least, most } = spreadOf(results, (result) => result.throughputPerSecond);
    return { x: Number(/[0-9]+/.exec(label)?.[0] ?? 0), y: median, low: least, high: most };
  });
  const [first] = points;
  const shares = points.map(({ x }) => ({ x, y: ((first?.y ?? 0) * (first?.x ?? 1)) / x }));
  const most = Math.max(...points.map(({ high = 0 }) => high));
  const measured = { name: 'measured', colour: '#2b6cb0', kind: 'measured', points } as const;
  const expected = { name: '1/n', colour: '#718096', kind: 'promised', points: shares } as const;
  return {
    title,
    xName,
    yName: 'per second',
    xTicks: fall ? points.map(({ x }) => x) : ticksTo(Math.max(...points.map(({ x }) => x))),
    yTicks: ticksTo(most),
    format: whole,
    series: fall ? [measured, expected] : [measured],
  };
}

/** Answers in each tenth of a second, of the run with the median throughput. */
function timelinePanel(gathered: Gathered): Panel {
  const colours = ['#2b6cb0', '#718096', '#c05621'];
  const series = [...gathered].map(([name, results], i): Series => {
    const sorted = results.toSorted((a, b) => a.throughputPerSecond - b.throughputPerSecond);
    const tenths = sorted[Math.floor(sorted.length / 2)]?.answeredPerTenth ?? [];
    const points = tenths.map((count, at) => ({ x: at / 10, y: count * 10 }));
    return { name, colour: colours[i] ?? '#000', kind: 'measured', points };
  });
  const most = Math.max(...series.flatMap(({ points }) => points.map(({ y }) => y)));
  return {
    title: 'Answers through a view change',
    xName: 'seconds',
    yName: 'answers per second',
    xTicks: ticksTo(times.forMs / 1000),
    yTicks: ticksTo(most),
    format: whole,
    series,
  };
}

const panels: Readonly<Record<string, (gathered: Gathered) => Panel>> = {
  curve: curvePanel,
  growth: (gathered) => throughputPanel(gathered, 'Growth on fixed cores', 'replicas', true),
  sizes: (gathered) =>
    throughputPanel(gathered, 'Ordering alone, by size', 'bytes of an operation', false),
  faults: timelinePanel,
};

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
const panel = panels[respect];
if (panel !== undefined) {
  const file = new URL(`./cluster-${respect}.svg`, import.meta.url);
  writeFileSync(file, drawPanels(`hypermesh: ${respect}`, [panel(gathered)]));
}
