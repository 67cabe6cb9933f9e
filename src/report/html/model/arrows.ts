import { type Layout, xOf } from './layout.ts';
import type { Messages } from './messages.ts';

/** More arrows than this are a carpet: then each lane shows how much of what it sends instead. */
export const maxArrows = 2500;

/** A lost message goes this part of the way, and this many pixels at most. */
const lostShare = 0.45;
const lostPx = 26;

/** Messages that pass and are under way at some moment in view, by index, in order of sending. */
export function arrowsInView(messages: Messages, passes: Uint8Array, layout: Layout): number[] {
  const { fromUs, toUs } = layout.window;
  const found: number[] = [];
  for (let i = 0; i < messages.count; i++) {
    const atUs = messages.atUs[i]!;
    if (atUs > toUs) break;
    if (passes[i] === 0) continue;
    const arrivedUs = messages.arrivedUs[i]!;
    if ((Number.isNaN(arrivedUs) ? atUs : arrivedUs) >= fromUs) found.push(i);
  }
  return found;
}

export interface ArrowLine {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly lost: boolean;
}

export function arrowLine(messages: Messages, i: number, layout: Layout): ArrowLine {
  const x1 = xOf(layout, messages.atUs[i]!);
  const y1 = layout.yOfLane[messages.from[i]!]!;
  const y2 = layout.yOfLane[messages.to[i]!]!;
  const arrivedUs = messages.arrivedUs[i]!;
  if (!Number.isNaN(arrivedUs)) return { x1, y1, x2: xOf(layout, arrivedUs), y2, lost: false };
  const way = Math.min(lostPx, Math.abs(y2 - y1) * lostShare);
  return { x1, y1, x2: x1 + way / 2, y2: y1 + Math.sign(y2 - y1) * way, lost: true };
}

/** The arrow nearest to a point, within `reachPx`; null when there is none. */
export function arrowAt(
  messages: Messages,
  shown: readonly number[],
  layout: Layout,
  x: number,
  y: number,
  reachPx: number,
): number | null {
  let best: number | null = null;
  let bestPx = reachPx;
  for (const i of shown) {
    const px = distance(arrowLine(messages, i, layout), x, y);
    if (px <= bestPx) {
      best = i;
      bestPx = px;
    }
  }
  return best;
}

/** From a point to the nearest point of the line. */
function distance({ x1, y1, x2, y2 }: ArrowLine, x: number, y: number): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((x - x1) * dx + (y - y1) * dy) / length;
  const t = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x - x1 - t * dx, y - y1 - t * dy);
}
