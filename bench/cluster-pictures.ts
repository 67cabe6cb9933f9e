/** The pictures of `bench/cluster.ts`, one for each respect that has one. */
import { vias } from '../src/cluster/bench/plan.ts';
import type { BenchResult } from '../src/cluster/bench/result.ts';
import type { Panel, Point, Series } from './chart.ts';

/** Results of all runs by what they are called, in the order of the cases. */
export type Gathered = ReadonlyMap<string, readonly BenchResult[]>;

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(
  results: readonly BenchResult[],
  pick: (result: BenchResult) => number,
): Spread {
  const sorted = results.map(pick).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return { median: middle, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 };
}

/** Round numbers from 0 to above `most`. */
function ticksTo(most: number): number[] {
  const rough = Math.max(most, 1) / 5;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * magnitude >= rough) ?? 10) * magnitude;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step);
}

const colours = ['#2b6cb0', '#c05621', '#718096'] as const;
const decades = [1, 10, 100, 1000, 10_000];
const whole = { x: (value: number) => `${value}`, y: (value: number) => `${value}` };

/** Where the most requests are answered for the latency they wait. */
function kneeOf(points: readonly Point[]): Point {
  const [first] = points;
  if (first === undefined) throw new Error('no points');
  return points.reduce((best, each) => (each.x / each.y > best.x / best.y ? each : best), first);
}

/** How long answers took at what throughput, by the number of clients. */
function curveOf(
  results: readonly (readonly BenchResult[])[],
  pick: (result: BenchResult) => number,
): Point[] {
  const clients = ([first]: readonly BenchResult[]) => first?.clients ?? 0;
  return results
    .toSorted((a, b) => clients(a) - clients(b))
    .map((each) => {
      const { median, least, most } = spreadOf(each, pick);
      const x = spreadOf(each, (result) => result.throughputPerSecond).median;
      return { x, y: median, low: least, high: most };
    });
}

const p50 = ({ latencyMs }: BenchResult): number => latencyMs.p50;
const p90 = ({ latencyMs }: BenchResult): number => latencyMs.p90;

function curvePanel(gathered: Gathered): Panel {
  const results = [...gathered.values()];
  const points = curveOf(results, p90);
  const knee = kneeOf(points);
  const name = `knee: ${knee.x.toFixed(0)} per second at p90 ${knee.y.toFixed(0)} ms`;
  const wall = [1, 10_000].map((y) => ({ x: knee.x, y }));
  return latencyPanel('Latency as load rises (1 to 256 clients)', [
    { name: 'p50', colour: colours[0], kind: 'measured', points: curveOf(results, p50) },
    { name: 'p90', colour: colours[1], kind: 'measured', points },
    { name, colour: colours[2], kind: 'promised', points: wall },
  ]);
}

function doorsPanel(gathered: Gathered): Panel {
  const results = [...gathered.values()];
  const series = vias.map((via, i): Series => {
    const points = curveOf(
      results.filter(([first]) => first?.via === via),
      p90,
    );
    const name = via === 'http' ? 'p90 at the HTTP doors of the nodes' : 'p90 on libp2p';
    return { name, colour: colours[i] ?? '#000', kind: 'measured', points };
  });
  return latencyPanel('Latency by door as load rises (1 to 256 clients)', series);
}

function latencyPanel(title: string, series: readonly Series[]): Panel {
  const measured = series.filter(({ kind }) => kind === 'measured');
  const most = Math.max(...measured.flatMap(({ points }) => points.map(({ x }) => x)));
  return {
    title,
    xName: 'validations per second',
    yName: 'milliseconds',
    xTicks: ticksTo(most),
    yTicks: decades,
    format: whole,
    logarithmic: 'y',
    series,
  };
}

/** Throughput of the cases in their order, at the number that their names say. */
function throughputOf(gathered: Gathered): Point[] {
  return [...gathered].map(([label, results]): Point => {
    const { median, least, most } = spreadOf(results, (result) => result.throughputPerSecond);
    return { x: Number(/[0-9]+/.exec(label)?.[0] ?? 0), y: median, low: least, high: most };
  });
}

function throughputPanel(points: readonly Point[], title: string, xName: string) {
  const measured = { name: 'measured', colour: colours[0], kind: 'measured', points } as const;
  return {
    title,
    xName,
    yName: 'per second',
    xTicks: points.map(({ x }) => x),
    yTicks: ticksTo(Math.max(...points.map(({ high = 0 }) => high))),
    format: whole,
    series: [measured],
  };
}

function growthPanel(gathered: Gathered): Panel {
  const points = throughputOf(gathered);
  const panel = throughputPanel(points, 'Growth on fixed cores', 'replicas');
  const [first] = points;
  const shares = points.map(({ x }) => ({ x, y: ((first?.y ?? 0) * (first?.x ?? 1)) / x }));
  const expected = { name: '1/n', colour: colours[2], kind: 'promised', points: shares } as const;
  return { ...panel, series: [...panel.series, expected] };
}

function sizesPanel(gathered: Gathered): Panel {
  const points = throughputOf(gathered);
  const name = 'bytes of an operation';
  return { ...throughputPanel(points, 'Ordering alone, by size', name), logarithmic: 'x' };
}

/** Answers in each tenth of a second, of the run with the median throughput. */
function timelinePanel(gathered: Gathered): Panel {
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
    xTicks: ticksTo(Math.max(...series.flatMap(({ points }) => points.map(({ x }) => x)))),
    yTicks: ticksTo(most),
    format: whole,
    series,
  };
}

const panels: Readonly<Record<string, (gathered: Gathered) => Panel>> = {
  curve: curvePanel,
  doors: doorsPanel,
  growth: growthPanel,
  sizes: sizesPanel,
  faults: timelinePanel,
};

/** null: a respect of tables only. */
export function panelOf(respect: string, gathered: Gathered): Panel | null {
  return panels[respect]?.(gathered) ?? null;
}
