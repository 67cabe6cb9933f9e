/** The stretch of time that is in view, microseconds. */
export interface TimeWindow {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Closer than this there is nothing to see: events carry microseconds. */
const minSpanUs = 50;

/** Zooms by `factor` (2: twice as close) around `atUs`, which stays where it is. */
export function zoomed(window: TimeWindow, factor: number, atUs: number, whole: TimeWindow) {
  const { fromUs, toUs } = window;
  const wholeSpan = whole.toUs - whole.fromUs;
  const span = Math.min(Math.max((toUs - fromUs) / factor, minSpanUs), wholeSpan);
  const share = (atUs - fromUs) / (toUs - fromUs);
  return inside({ fromUs: atUs - span * share, toUs: atUs + span * (1 - share) }, whole);
}

/** Moves by a share of what is in view; positive: later. */
export function panned(window: TimeWindow, share: number, whole: TimeWindow): TimeWindow {
  const byUs = (window.toUs - window.fromUs) * share;
  return inside({ fromUs: window.fromUs + byUs, toUs: window.toUs + byUs }, whole);
}

/** As long as it was, with `atUs` a third from the left, where the consequences have room. */
export function broughtIntoView(window: TimeWindow, atUs: number, whole: TimeWindow): TimeWindow {
  const span = window.toUs - window.fromUs;
  return inside({ fromUs: atUs - span / 3, toUs: atUs + (span * 2) / 3 }, whole);
}

/** The window moved, and if need be shortened, so that it lies within the whole. */
export function inside({ fromUs, toUs }: TimeWindow, whole: TimeWindow): TimeWindow {
  const span = Math.max(Math.min(toUs - fromUs, whole.toUs - whole.fromUs), minSpanUs);
  const from = Math.max(Math.min(fromUs, whole.toUs - span), whole.fromUs);
  return { fromUs: from, toUs: from + span };
}

/**
 * How many of the moments (ascending) to show first: a beginning that can be read, at most `most`
 * of them, that ends where a long silence would push all it shows into a corner.
 */
export function readableStart(atUs: Float64Array, most: number): number {
  const least = Math.min(Math.floor(most / 8), atUs.length);
  const end = Math.min(most, atUs.length);
  for (let i = Math.max(least, 2); i < end; i++) {
    const soFarUs = atUs[i - 1]! - atUs[0]!;
    if (atUs[i]! - atUs[i - 1]! > soFarUs) return i;
  }
  return end;
}

export interface Tick {
  readonly atUs: number;
  readonly label: string;
}

const steps = [1, 2, 5];

/** Round moments for an axis, about one in every `spacing` of the `length` (any one unit). */
export function ticksOf({ fromUs, toUs }: TimeWindow, length: number, spacing: number) {
  const wanted = Math.max((toUs - fromUs) * (spacing / Math.max(length, 1)), 1);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const stepUs = (steps.find((step) => step * power >= wanted) ?? 10) * power;
  const ticks: Tick[] = [];
  for (let n = Math.ceil(fromUs / stepUs); n * stepUs <= toUs; n++) {
    ticks.push({ atUs: n * stepUs, label: showTick(n * stepUs, stepUs) });
  }
  return ticks;
}

/** In seconds where the steps are long, else in milliseconds; as many digits as the step needs. */
function showTick(atUs: number, stepUs: number): string {
  const [unitUs, unit] = stepUs >= 500_000 ? [1_000_000, 's'] : [1000, 'ms'];
  const digits = Math.max(0, Math.ceil(-Math.log10(stepUs / unitUs) - 1e-9));
  return `${(atUs / unitUs).toFixed(digits)} ${unit}`;
}

/** A moment to the microsecond where that matters: `812.406 ms`, `14.312 s`. */
export function showMoment(atUs: number): string {
  if (atUs < 10_000_000) return `${(atUs / 1000).toFixed(3)} ms`;
  return `${(atUs / 1_000_000).toFixed(3)} s`;
}
