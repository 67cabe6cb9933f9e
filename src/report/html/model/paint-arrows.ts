import { type ArrowLine, arrowLine } from './arrows.ts';
import { colourOfKind } from './colours.ts';
import { type Layout, xOf } from './layout.ts';
import type { Messages } from './messages.ts';
import type { PackedRun } from './packed.ts';
import type { Pen } from './pen.ts';

const headPx = 6;
/** With more arrows than this, heads would hide the lines. */
const maxHeads = 1200;

/** Arrows, a colour for each kind. Those not emphasised step back. */
export function paintArrows(
  run: PackedRun,
  messages: Messages,
  shown: readonly number[],
  emphasised: Uint8Array | null,
  layout: Layout,
  pen: Pen,
): void {
  const back = emphasised === null ? [] : shown.filter((i) => emphasised[i] === 0);
  const front = emphasised === null ? shown : shown.filter((i) => emphasised[i] === 1);
  const crowd = shown.length > 600 ? 0.55 : 0.85;
  paintGroup(run, messages, back, layout, pen, 0.13);
  paintGroup(run, messages, front, layout, pen, emphasised === null ? crowd : 1);
}

function paintGroup(
  run: PackedRun,
  messages: Messages,
  shown: readonly number[],
  layout: Layout,
  pen: Pen,
  alpha: number,
): void {
  const withHeads = shown.length <= maxHeads;
  run.kinds.forEach((kind, k) => {
    const lines = shown
      .filter((i) => messages.kind[i] === k)
      .map((i) => arrowLine(messages, i, layout));
    if (lines.length === 0) return;
    const colour = colourOfKind(kind);
    const arrived = lines.filter(({ lost }) => !lost);
    const lost = lines.filter((line) => line.lost);
    pen.lines(colour, arrived.flatMap(segment), { widthPx: 1.2, alpha, dashed: false });
    if (withHeads) pen.triangles(colour, arrived.flatMap(head), alpha);
    pen.lines(colour, lost.flatMap(segment), { widthPx: 1.2, alpha, dashed: true });
    pen.lines('bad', lost.flatMap(cross), { widthPx: 1.4, alpha, dashed: false });
  });
}

/** The one that was clicked. */
export function paintSelected(messages: Messages, i: number, layout: Layout, pen: Pen): void {
  const line = arrowLine(messages, i, layout);
  pen.lines('ink', segment(line), { widthPx: 2.6, alpha: 1, dashed: line.lost });
  if (!line.lost) pen.triangles('ink', head(line), 1);
  pen.shape('ring', 'ink', line.x1, line.y1, 4);
}

function segment({ x1, y1, x2, y2 }: ArrowLine): number[] {
  return [x1, y1, x2, y2];
}

function head({ x1, y1, x2, y2 }: ArrowLine): number[] {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [dx, dy] = [((x2 - x1) / length) * headPx, ((y2 - y1) / length) * headPx];
  const [bx, by] = [x2 - dx, y2 - dy];
  return [x2, y2, bx - dy * 0.4, by + dx * 0.4, bx + dy * 0.4, by - dx * 0.4];
}

function cross({ x2, y2 }: ArrowLine): number[] {
  return [x2 - 3, y2 - 3, x2 + 3, y2 + 3, x2 - 3, y2 + 3, x2 + 3, y2 - 3];
}

const binPx = 4;

/** For very many messages: how much of which kind each lane sends, as bars that stand on it. */
export function paintDensity(
  run: PackedRun,
  messages: Messages,
  shown: readonly number[],
  layout: Layout,
  pen: Pen,
): void {
  const bins = Math.max(Math.ceil((layout.rightPx - layout.leftPx) / binPx), 1);
  const kinds = run.kinds.length;
  const rows = new Map(layout.lanes.map((lane, row) => [lane, row]));
  const counts = new Uint32Array(layout.lanes.length * bins * kinds);
  const totals = new Uint32Array(layout.lanes.length * bins);
  for (const i of shown) {
    const row = rows.get(messages.from[i]!);
    const bin = Math.floor((xOf(layout, messages.atUs[i]!) - layout.leftPx) / binPx);
    if (row === undefined || bin < 0 || bin >= bins) continue;
    const cell = row * bins + bin;
    totals[cell]!++;
    counts[cell * kinds + messages.kind[i]!]!++;
  }
  const most = totals.reduce((max, total) => Math.max(max, total), 1);
  const fullPx = layout.laneHeightPx * 0.86;
  for (let cell = 0; cell < totals.length; cell++) {
    const total = totals[cell]!;
    if (total === 0) continue;
    // By the square root, so that a lone message is seen beside a burst of hundreds.
    const heightPx = Math.max(Math.sqrt(total / most) * fullPx, 1.5);
    const lane = layout.lanes[Math.floor(cell / bins)]!;
    const x = layout.leftPx + (cell % bins) * binPx;
    let y = layout.yOfLane[lane]!;
    for (let k = 0; k < kinds; k++) {
      const part = (counts[cell * kinds + k]! / total) * heightPx;
      if (part === 0) continue;
      y -= part;
      pen.rect(colourOfKind(run.kinds[k]!), x, y, binPx - 0.6, part, 0.85);
    }
  }
}
