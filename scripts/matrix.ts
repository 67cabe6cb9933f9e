/**
 * What villains do to a cluster, in both worlds: every behaviour, by exactly f replicas, on several
 * sizes, in virtual time and on real processes, all from one scenario. Prints a line for each cell
 * and draws the table (`scenarios/pictures/matrix.svg`).
 *
 *   node scripts/matrix.ts [--replicas 4,7,10] [--transports simulated,libp2p] [--only PATTERN]
 *                          [--cells FILE]
 *
 * A cell says how long after the start of the run, and after how many messages, a villain was first
 * accused with proof (`-`: nothing it does proves itself), the throughput relative to the same run
 * without a villain, the changes of view, and whether service was back to normal by the end, the
 * villains still there: the last quarter of the requests took at the median at most twice what they
 * take without. Each cell is written to FILE as it ends, and what is there is not played again:
 * half an hour may come in parts. Exits with 1 unless every cell passed.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runOnCluster } from '../src/cluster/index.ts';
import { maxFaulty } from '../src/pbft/quorum.ts';
import { parseScenarios } from '../src/scenario/parse.ts';
import type { RunResult, Transport } from '../src/scenario/result.ts';
import { type BehaviourName, behaviourNames, type Scenario } from '../src/scenario/scenario.ts';
import type { RunEvent } from '../src/scenario/trace.ts';
import { runInSimulator } from '../src/simulator/run.ts';
import { drawTable, type TableCell } from './matrix/draw.ts';

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '4,7,10' },
    transports: { type: 'string', default: 'simulated,libp2p' },
    only: { type: 'string', default: '' },
    cells: { type: 'string', default: join('out', 'matrix.jsonl') },
  },
});
const sizes = values.replicas.split(',').map(Number);
const transports = values.transports.split(',') as Transport[];

function scenarioOf(n: number, transport: Transport, behaviour: BehaviourName | null): Scenario {
  const villains = [...Array(maxFaulty(n)).keys()].join(', ');
  const text = `
name: matrix-${behaviour ?? 'none'}-${n}
seed: 5
replicas: ${n}
transport: ${transport}
duration: 4m
workload: {clients: 2, requests: 24, outstanding: 6}
adversaries: [${behaviour === null ? '' : `{replicas: [${villains}], behaviour: ${behaviour}}`}]
`;
  const parsed = parseScenarios('matrix', text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.scenarios[0]!;
}

interface Ran {
  readonly result: RunResult;
  /** Milliseconds and messages from the start to the first accusation. */
  readonly caught: { readonly ms: number; readonly messages: number } | null;
}

async function run(scenario: Scenario): Promise<Ran> {
  const sentMs: number[] = [];
  let caughtMs: number | null = null;
  const hooks = {
    onEvent: (event: RunEvent) => {
      if (event.type === 'message') sentMs.push(event.atMs);
      if (event.type === 'accused') caughtMs = Math.min(caughtMs ?? event.atMs, event.atMs);
    },
  };
  const play = scenario.transport === 'simulated' ? runInSimulator : runOnCluster;
  const { result } = await play(scenario, hooks);
  const ms = caughtMs as number | null;
  const caught =
    ms === null ? null : { ms: Math.round(ms), messages: sentMs.filter((at) => at <= ms).length };
  return { result, caught };
}

/** Median time to the answer of the last quarter of the requests, milliseconds. */
function lateMs({ requests }: RunResult): number {
  const late = requests.slice(-Math.ceil(requests.length / 4));
  const times = late.map(({ latencyMs }) => latencyMs ?? Number.POSITIVE_INFINITY);
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.POSITIVE_INFINITY;
}

function cellOf({ result, caught }: Ran, free: RunResult): TableCell {
  const { outcome, viewChanges, throughputPerSecond } = result;
  const share = Math.round((100 * throughputPerSecond) / free.throughputPerSecond);
  const when = caught === null ? '-' : `${caught.ms} ms, ${caught.messages} messages`;
  const recovered = lateMs(result) <= 2 * lateMs(free);
  return { passed: outcome === 'passed', outcome, caught: when, share, viewChanges, recovered };
}

const columns = sizes.flatMap((n) => transports.map((transport) => ({ n, transport })));
const free = new Map<string, RunResult>();

/** The same run without a villain, played when first compared with. */
async function withoutVillain(n: number, transport: Transport): Promise<RunResult> {
  const key = `${n} ${transport}`;
  const result = free.get(key) ?? (await run(scenarioOf(n, transport, null))).result;
  free.set(key, result);
  return result;
}

/** Cells of earlier runs, by what was played. */
const known = new Map<string, TableCell>();
if (existsSync(values.cells)) {
  for (const line of readFileSync(values.cells, 'utf8').split('\n').filter(Boolean)) {
    const { place, ...cell } = JSON.parse(line) as TableCell & { readonly place: string };
    known.set(place, cell);
  }
}
mkdirSync(dirname(values.cells), { recursive: true });

async function cellAt(behaviour: BehaviourName, n: number, transport: Transport) {
  const place = `${behaviour} n=${n} ${transport}`;
  const earlier = known.get(place);
  if (earlier !== undefined) return earlier;
  const ran = await run(scenarioOf(n, transport, behaviour));
  const cell = cellOf(ran, await withoutVillain(n, transport));
  appendFileSync(values.cells, `${JSON.stringify({ place, ...cell })}\n`);
  return cell;
}

const rows: { readonly name: string; readonly cells: readonly TableCell[] }[] = [];
for (const behaviour of behaviourNames.filter((name) => new RegExp(values.only).test(name))) {
  const cells: TableCell[] = [];
  for (const { n, transport } of columns) {
    const cell = await cellAt(behaviour, n, transport);
    cells.push(cell);
    const { outcome, caught, share, viewChanges, recovered } = cell;
    const place = `${behaviour} n=${n} ${transport}`.padEnd(36);
    const rest = `${outcome}  caught: ${caught}  ${share} %  view changes: ${viewChanges}`;
    process.stdout.write(`${place}${rest}  recovered: ${recovered ? 'yes' : 'no'}\n`);
  }
  rows.push({ name: behaviour, cells });
}
const heads = columns.map(({ n, transport }) => `n = ${n}, ${transport}`);
const pictures = join(resolve(import.meta.dirname, '..'), 'scenarios', 'pictures');
mkdirSync(pictures, { recursive: true });
writeFileSync(join(pictures, 'matrix.svg'), drawTable(heads, rows));
const failed = rows.flatMap(({ cells }) => cells).filter(({ passed }) => !passed).length;
process.stdout.write(`${rows.length * columns.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
