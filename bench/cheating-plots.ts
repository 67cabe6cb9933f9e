/**
 * How often a cheating plot is caught, beside what the docs promise: a share of the labels missing,
 * labels remade when they are asked for, one plot for two node keys. Everything follows from the
 * seeds, so two runs print the same. `node bench/cheating-plots.ts [chart.svg]`
 */
import { writeFileSync } from 'node:fs';
import { Writer } from '../src/base/codec.ts';
import { Random } from '../src/base/random.ts';
import { ed25519 } from '../src/base/signature.ts';
import { drawPositions } from '../src/proofs/context.ts';
import { makePlot, makeRows } from '../src/proofs/plot.ts';
import { columnParents, type Parents, plotRows } from '../src/proofs/plot-graph.ts';
import { openRows, registrationFault } from '../src/proofs/registration.ts';
import {
  challengeOpenings,
  checkRegistered,
  makeSpace,
  openingsHold,
  requestOpenings,
} from '../src/proofs/space.ts';
import { drawPanels, type Panel, type Point, type Series } from './chart.ts';

const labels = 1024;
const plots = 8;
const requestContexts = 2000;
const challengeContexts = 500;
const shares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5];
const chainId = 'c1'.repeat(32);
const beacon = { epoch: 1, value: 'be'.repeat(32) };

const keyOf = (seed: number) => ed25519.signer(new Random(`node ${seed}`).bytes(32)).publicKey;
const contextOf = (plot: number, i: number) => new Writer(8).u32(plot).u32(i).finish();
const percent = (value: number) => `${Number((value * 100).toFixed(value < 0.01 ? 2 : 1))} %`;

/** Share of the contexts in which a plot with holes answers so that the check accepts it. */
function escapes(share: number, openings: number, contexts: number): Point {
  const rates: number[] = [];
  const missing = Math.round(share * labels);
  for (let seed = 0; seed < plots; seed++) {
    const plot = makePlot(keyOf(seed), labels);
    const row = new Uint8Array(plot.row);
    const holes = new Random(`holes ${seed}`).shuffle([...Array(labels).keys()]);
    for (const hole of holes.slice(0, missing)) {
      row.fill(0, hole * 32, (hole + 1) * 32);
    }
    const holey = { ...plot, row };
    let escaped = 0;
    for (let i = 0; i < contexts; i++) {
      const context = contextOf(seed, openings * 2 ** 24 + missing * 2 ** 12 + i);
      if (openingsHold(makeSpace(holey, context, openings), context, openings)) escaped++;
    }
    rates.push(escaped / contexts);
  }
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / plots;
  return { x: missing / labels, y: mean, low: Math.min(...rates), high: Math.max(...rates) };
}

/** What a cheat keeps of the labels of all rows: true where the label is there. */
type Kept = readonly Uint8Array[];

/** As many labels as the share says, all of the last row: what is asked for. */
function keepLastRow(random: Random, size: number, share: number): Kept {
  const rows = Array.from({ length: plotRows }, () => new Uint8Array(size));
  const order = random.shuffle([...Array(size).keys()]);
  for (const column of order.slice(0, Math.round(share * size))) rows[plotRows - 1]![column] = 1;
  return rows;
}

/** As many labels, spread over all rows, so that what is missing hangs on something kept. */
function spread(random: Random, size: number, share: number): Kept {
  const rows = Array.from({ length: plotRows }, () => new Uint8Array(size));
  const order = random.shuffle([...Array(size * plotRows).keys()]);
  for (const place of order.slice(0, Math.round(share * size))) {
    rows[Math.floor(place / size)]![place % size] = 1;
  }
  return rows;
}

/** Labels to be hashed before the last row can be opened at `positions`. */
function hashesToAnswer(
  kept: Kept,
  graph: readonly Parents[],
  positions: readonly number[],
): number {
  const made = kept.map((row) => new Uint8Array(row));
  const waiting = positions.map((column) => [plotRows - 1, column] as const);
  let hashes = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [row, column] = next;
    if (made[row]![column] === 1) continue;
    made[row]![column] = 1;
    hashes++;
    const parents = graph[column]!;
    for (const parent of parents.row) waiting.push([row, parent]);
    if (row > 0) for (const parent of parents.below) waiting.push([row - 1, parent]);
  }
  return hashes;
}

interface Remaking {
  /** Median hashes of the requests with something to remake, in shares of a whole plot's. */
  readonly cost: number;
  /** The least. */
  readonly least: number;
  /** Share of the requests that take more than {@link budget}, and so come too late. */
  readonly caught: Point;
}

/** What a cheat can hash before its request is too old, in shares of a whole plot's labels. */
const budget = 1 / 3;

function remake(keep: typeof spread, size: number, share: number): Remaking {
  const graph = Array.from({ length: size }, (_, column) => columnParents(size, column));
  const costs: number[] = [];
  const requests = 800;
  for (let i = 0; i < requests; i++) {
    const kept = keep(new Random(`kept ${i}`), size, 1 - share);
    const positions = drawPositions(
      contextOf(99 + Math.round(share * 100), i),
      requestOpenings,
      size,
    );
    costs.push(hashesToAnswer(kept, graph, positions) / (plotRows * size));
  }
  const caught = costs.filter((cost) => cost > budget).length / requests;
  const paid = costs.filter((cost) => cost > 0).sort((a, b) => a - b);
  const median = paid[Math.floor(paid.length / 2)] ?? 0;
  return { cost: median, least: paid[0] ?? 0, caught: { x: share, y: caught } };
}

/** One plot for two keys: how often its owner's partner is caught, by each of three checks. */
function shared(): {
  readonly registration: number;
  readonly request: number;
  readonly root: number;
} {
  const pairs = 40;
  const caught = { registration: 0, request: 0, root: 0 };
  for (let seed = 0; seed < pairs; seed++) {
    const [owner, partner] = [keyOf(1000 + seed), keyOf(2000 + seed)];
    const context = { chainId, beacon, nodeId: partner };
    const stolen = openRows(context, makeRows(owner, 256), 1);
    if (registrationFault(stolen, context) !== null) caught.registration++;
    // The partner registered a plot of its own, deleted it, and answers with the owner's labels.
    const [kept, registered] = [makePlot(owner, 256), makePlot(partner, 256)];
    const request = contextOf(seed, 7);
    const answer = { ...makeSpace(kept, request), root: registered.root };
    if (!openingsHold(answer, request)) caught.request++;
    if (checkRegistered(makeSpace(kept, request), registered).length > 0) caught.root++;
  }
  const rate = (count: number) => count / pairs;
  return {
    registration: rate(caught.registration),
    request: rate(caught.request),
    root: rate(caught.root),
  };
}

function table(
  title: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  process.stdout.write(`\n${title}\n`);
  for (const row of [heads, ...rows]) {
    process.stdout.write(`${row.map((cell) => cell.padStart(26)).join('')}\n`);
  }
}

const promised = (openings: number, points: readonly Point[]): Point[] =>
  points.map(({ x }) => ({ x, y: (1 - x) ** openings }));
const request = shares.map((share) => escapes(share, requestOpenings, requestContexts));
const challenge = shares.map((share) => escapes(share, challengeOpenings, challengeContexts));
table(
  `holes: accepted all the same; ${plots} plots (least to most), ${requestContexts} requests ` +
    `and ${challengeContexts} challenges each`,
  ['missing', 'request', 'promised at most', 'full challenge', 'promised at most'],
  request.map((point, i) => [
    percent(point.x),
    measured(point),
    percent((1 - point.x) ** requestOpenings),
    measured(challenge[i]!),
    percent((1 - point.x) ** challengeOpenings),
  ]),
);
function measured({ y, low = y, high = y }: Point): string {
  return `${percent(y)} (${percent(low)}–${percent(high)})`;
}

const size = 4096;
const remadeShares = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1];
const lastRow = remadeShares.map((share) => remake(keepLastRow, size, share));
const spreadOut = remadeShares.map((share) => remake(spread, size, share));
const remakings = (title: string, made: readonly Remaking[]): void =>
  table(
    `remade on demand, the rest kept ${title}: hashes for one request, of a whole plot's`,
    ['not kept', 'least', 'median', 'over a third', 'promised'],
    made.map(({ cost, least, caught: { x, y } }) => [
      percent(x),
      percent(least),
      percent(cost),
      percent(y),
      percent(1 - (1 - x) ** requestOpenings),
    ]),
  );
remakings('in the last row', lastRow);
remakings('in all rows', spreadOut);

const pair = shared();
table(
  'one plot for two node keys: caught',
  ['at registration', 'by the openings', 'by the root'],
  [[percent(pair.registration), percent(pair.request), percent(pair.root)]],
);

const axis = {
  xName: 'share of the labels that is missing',
  format: { x: (value: number) => percent(value), y: (value: number) => percent(value) },
};
const holes = (
  title: string,
  openings: number,
  points: readonly Point[],
  yTicks: readonly number[],
  logarithmic: boolean,
): Panel => ({
  ...axis,
  title,
  yName: 'accepted all the same',
  xTicks: [0, 0.1, 0.2, 0.3, 0.4, 0.5],
  yTicks,
  ...(logarithmic && { logarithmic: 'y' as const }),
  series: [
    {
      name: `promised at most: (1 − ε)^${openings}`,
      colour: '#888',
      kind: 'promised',
      points: promised(openings, points),
    },
    { name: 'measured, least to most of 8 plots', colour: '#1668b8', kind: 'measured', points },
  ],
});
const late = (name: string, colour: string, made: readonly Remaking[]): Series => ({
  name,
  colour,
  kind: 'measured',
  points: made.map(({ caught }) => caught),
});
const svg = process.argv[2];
if (svg !== undefined) {
  const panels: Panel[] = [
    holes('One request: 4 openings', requestOpenings, request, [0, 0.25, 0.5, 0.75, 1], false),
    holes(
      'Full challenge: 66 openings',
      challengeOpenings,
      challenge,
      [1e-4, 1e-3, 0.01, 0.1, 1],
      true,
    ),
    {
      ...axis,
      title: 'Remade on demand, one request',
      xName: 'share of the space that is not kept',
      yName: 'over a third of a plot to hash: too late',
      xTicks: [0, 0.25, 0.5, 0.75, 1],
      yTicks: [0, 0.25, 0.5, 0.75, 1],
      series: [
        {
          name: 'promised at least: 1 − (1 − ε)^4',
          colour: '#888',
          kind: 'promised',
          points: [0, ...remadeShares].map((x) => ({ x, y: 1 - (1 - x) ** requestOpenings })),
        },
        late('the rest kept in the last row', '#1668b8', lastRow),
        late('the rest kept in all rows', '#c2571a', spreadOut),
      ],
    },
  ];
  writeFileSync(svg, drawPanels('How often cheating plots are caught', panels));
}
