import type { PackedRun } from './packed.ts';
import type { TimeWindow } from './window.ts';

/** Where things are in the diagram, in CSS pixels. */
export interface Layout {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Names of the lanes stand left of this. */
  readonly leftPx: number;
  readonly rightPx: number;
  readonly topPx: number;
  readonly laneHeightPx: number;
  /** The lanes shown, top to bottom. */
  readonly lanes: readonly number[];
  /** By lane: its y; NaN when it is hidden. */
  readonly yOfLane: readonly number[];
  readonly window: TimeWindow;
}

const gutterPx = 132;
const marginPx = 14;
const axisPx = 44;
const minLanePx = 20;
const maxLanePx = 52;
const wantedHeightPx = 470;

export function layOut(
  run: PackedRun,
  shown: readonly boolean[],
  widthPx: number,
  window: TimeWindow,
): Layout {
  const lanes = run.lanes.flatMap((_, lane) => (shown[lane] ? [lane] : []));
  const share = (wantedHeightPx - axisPx) / Math.max(lanes.length, 1);
  const laneHeightPx = Math.round(Math.min(Math.max(share, minLanePx), maxLanePx));
  const yOfLane = run.lanes.map(() => Number.NaN);
  lanes.forEach((lane, row) => {
    yOfLane[lane] = axisPx + (row + 0.5) * laneHeightPx;
  });
  const heightPx = axisPx + Math.max(lanes.length, 1) * laneHeightPx + 10;
  const rightPx = widthPx - marginPx;
  return {
    widthPx,
    heightPx,
    leftPx: gutterPx,
    rightPx,
    topPx: axisPx,
    laneHeightPx,
    lanes,
    yOfLane,
    window,
  };
}

export function xOf({ leftPx, rightPx, window }: Layout, atUs: number): number {
  return leftPx + ((atUs - window.fromUs) / (window.toUs - window.fromUs)) * (rightPx - leftPx);
}

export function timeAt({ leftPx, rightPx, window }: Layout, x: number): number {
  return window.fromUs + ((x - leftPx) / (rightPx - leftPx)) * (window.toUs - window.fromUs);
}
