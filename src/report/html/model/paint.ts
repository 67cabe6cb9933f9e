import { arrowsInView, maxArrows } from './arrows.ts';
import { type Layout, xOf } from './layout.ts';
import type { Messages } from './messages.ts';
import { type Band, type MarkType, markTypes, type PackedRun } from './packed.ts';
import { paintArrows, paintDensity, paintSelected } from './paint-arrows.ts';
import type { Pen, Shape } from './pen.ts';
import { ticksOf } from './window.ts';

/** Everything the diagram shows at one moment. */
export interface Picture {
  readonly run: PackedRun;
  readonly messages: Messages;
  /** For each message, whether it is shown: 1 or 0. */
  readonly passes: Uint8Array;
  /** For each message, whether it stands out: 1 or 0. Null: all alike. */
  readonly emphasised: Uint8Array | null;
  readonly selected: number | null;
  readonly layout: Layout;
}

export interface Painted {
  /** Messages in view, by index. */
  readonly shown: readonly number[];
  /** False: too many for arrows, so their density was drawn. */
  readonly asArrows: boolean;
}

/** Draws the space-time diagram: time to the right, a lane for everybody who sends or receives. */
export function paintDiagram(picture: Picture, pen: Pen): Painted {
  const { run, messages, layout } = picture;
  const shown = arrowsInView(messages, picture.passes, layout);
  const asArrows = shown.length <= maxArrows;
  const { leftPx, rightPx, topPx, heightPx } = layout;
  pen.clipped(leftPx, 0, rightPx - leftPx, heightPx, () => {
    paintBands(run.bands, layout, pen);
    paintGrid(layout, pen);
    paintLanes(run, layout, pen);
    if (asArrows) paintArrows(run, messages, shown, picture.emphasised, layout, pen);
    else paintDensity(run, messages, shown, layout, pen);
    paintMarks(run, layout, pen);
    if (picture.selected !== null && picture.passes[picture.selected] === 1) {
      paintSelected(messages, picture.selected, layout, pen);
    }
  });
  pen.lines('rule', [leftPx, topPx, rightPx, topPx], { widthPx: 1, alpha: 1, dashed: false });
  paintTimes(layout, pen);
  paintNames(run, layout, pen);
  return { shown, asArrows };
}

function paintBands(bands: readonly Band[], layout: Layout, pen: Pen): void {
  const { window, laneHeightPx } = layout;
  for (const band of bands) {
    const y = layout.yOfLane[band.lane]!;
    if (Number.isNaN(y) || band.toUs < window.fromUs || band.fromUs > window.toUs) continue;
    const x1 = Math.max(xOf(layout, band.fromUs), layout.leftPx);
    const x2 = Math.min(xOf(layout, band.toUs), layout.rightPx);
    const [top, width] = [y - laneHeightPx / 2, Math.max(x2 - x1, 1)];
    switch (band.type) {
      case 'partition':
        pen.rect(`side${band.side % 4}`, x1, top, width, laneHeightPx, 0.16);
        break;
      case 'down':
        pen.rect('muted', x1, top, width, laneHeightPx, 0.3);
        break;
      case 'adversary':
        pen.rect('bad', x1, top, width, laneHeightPx, 0.07);
        break;
      case 'viewChange':
        pen.rect('viewChange', x1, y - 5, width, 10, 0.3);
        break;
      case 'link':
        pen.rect('warn', x1, y + laneHeightPx / 2 - 4, width, 3, 0.6);
    }
    const room = x2 - x1 > band.label.length * 6 + 8;
    if (band.type !== 'adversary' && band.type !== 'viewChange' && room && laneHeightPx >= 28) {
      const style = { sizePx: 10, align: 'left', bold: false } as const;
      pen.text('muted', x1 + 4, top + 11, band.label, style);
    }
  }
}

function paintGrid(layout: Layout, pen: Pen): void {
  const { window, leftPx, rightPx, topPx, heightPx } = layout;
  for (const { atUs } of ticksOf(window, rightPx - leftPx, 90)) {
    const x = xOf(layout, atUs);
    pen.lines('rule', [x, topPx - 5, x, heightPx], { widthPx: 1, alpha: 0.6, dashed: false });
  }
}

/** Not clipped: the first label stands half outside. */
function paintTimes(layout: Layout, pen: Pen): void {
  const { window, leftPx, rightPx, topPx } = layout;
  const style = { sizePx: 11, align: 'center', bold: false } as const;
  for (const { atUs, label } of ticksOf(window, rightPx - leftPx, 90)) {
    pen.text('muted', xOf(layout, atUs), topPx - 10, label, style);
  }
}

function paintLanes(run: PackedRun, layout: Layout, pen: Pen): void {
  const { leftPx, rightPx } = layout;
  for (const lane of layout.lanes) {
    const y = layout.yOfLane[lane]!;
    const isClient = run.lanes[lane]!.replica === null;
    const style = { widthPx: 1, alpha: isClient ? 0.35 : 0.6, dashed: isClient };
    pen.lines('muted', [leftPx, y, rightPx, y], style);
  }
}

function paintNames(run: PackedRun, layout: Layout, pen: Pen): void {
  for (const lane of layout.lanes) {
    const y = layout.yOfLane[lane]!;
    const { name, behaviour } = run.lanes[lane]!;
    const x = layout.leftPx - 8;
    const two = behaviour !== '' && layout.laneHeightPx >= 26;
    const style = { sizePx: 12, align: 'right', bold: behaviour !== '' } as const;
    pen.text(
      behaviour === '' ? 'ink' : 'bad',
      x,
      y + (two ? -1 : 4),
      name.replace('-', ' '),
      style,
    );
    if (two) pen.text('bad', x, y + 12, behaviour, { ...style, sizePx: 10, bold: false });
  }
}

interface MarkLook {
  readonly shape: Shape;
  readonly colour: string;
  readonly radiusPx: number;
  /** Rare enough that each is drawn; of the others one in every few pixels. */
  readonly always: boolean;
}

export const markLooks: Readonly<Record<MarkType, MarkLook>> = {
  decided: { shape: 'dot', colour: 'good', radiusPx: 3, always: false },
  stable: { shape: 'square', colour: 'checkpoint', radiusPx: 3, always: false },
  installed: { shape: 'down', colour: 'fetchState', radiusPx: 5, always: true },
  accused: { shape: 'diamond', colour: 'bad', radiusPx: 6.5, always: true },
  strike: { shape: 'cross', colour: 'warn', radiusPx: 3, always: false },
  standing: { shape: 'ring', colour: 'warn', radiusPx: 5, always: true },
  isolated: { shape: 'ring', colour: 'bad', radiusPx: 6, always: true },
  epoch: { shape: 'square', colour: 'accent', radiusPx: 5, always: true },
  clock: { shape: 'ring', colour: 'accent', radiusPx: 5, always: true },
  crash: { shape: 'cross', colour: 'bad', radiusPx: 6, always: true },
  restart: { shape: 'down', colour: 'good', radiusPx: 6, always: true },
  issued: { shape: 'dot', colour: 'good', radiusPx: 3, always: false },
  rejected: { shape: 'dot', colour: 'bad', radiusPx: 3, always: false },
  pending: { shape: 'ring', colour: 'warn', radiusPx: 3, always: false },
  violation: { shape: 'diamond', colour: 'bad', radiusPx: 9, always: true },
  view: { shape: 'square', colour: 'viewChange', radiusPx: 3, always: true },
};

const marksApartPx = 5;

/** The few that matter are drawn after, and so over, the many. */
function paintMarks(run: PackedRun, layout: Layout, pen: Pen): void {
  const viewLabels: { x: number; label: string }[] = [];
  for (const always of [false, true]) {
    const lastX = new Map<number, number>();
    for (const [atUs, lane, typeIndex, words] of run.marks) {
      const type = markTypes[typeIndex]!;
      const look = markLooks[type];
      if (look.always !== always || atUs < layout.window.fromUs || atUs > layout.window.toUs) {
        continue;
      }
      const x = xOf(layout, atUs);
      if (lane < 0) paintLineAcross(type, x, words, layout, viewLabels, pen);
      const y = layout.yOfLane[lane] ?? Number.NaN;
      if (Number.isNaN(y)) continue;
      const key = lane * markTypes.length + typeIndex;
      if (!always && x - (lastX.get(key) ?? Number.NEGATIVE_INFINITY) < marksApartPx) continue;
      lastX.set(key, x);
      pen.shape(look.shape, look.colour, x, y, look.radiusPx);
    }
  }
}

/** A new view or a violation concerns everybody. */
function paintLineAcross(
  type: MarkType,
  x: number,
  words: string,
  layout: Layout,
  labels: { x: number; label: string }[],
  pen: Pen,
): void {
  const colour = type === 'violation' ? 'bad' : 'viewChange';
  const line = [x, 18, x, layout.heightPx];
  pen.lines(colour, line, { widthPx: 1.4, alpha: 0.9, dashed: type !== 'violation' });
  const before = labels.at(-1);
  if (before !== undefined && x - before.x < before.label.length * 7 + 10) return;
  labels.push({ x, label: words });
  pen.text(colour, x + 4, 14, words, { sizePx: 11, align: 'left', bold: true });
}
