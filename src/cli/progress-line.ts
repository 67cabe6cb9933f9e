import type { Terminal } from './terminal.ts';

const redrawMs = 100;
const clearLine = '\r\u001b[2K';
const barColumns = 24;
/** The rate is that of the last so many milliseconds. */
const rateWindowMs = 10_000;
/** Before so much is done, what is left is anybody's guess. */
const leastShare = 0.01;
const leastMs = 1000;

/** How far something is. */
export interface Measure {
  /** What is at work: a scenario, a stage. */
  readonly label: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly done: number;
  /** What is counted, as in `12 of 40 answered`; without `total`, `12 answered`. */
  readonly unit: string;
  readonly total?: number;
  /** How long it still takes where that is known; otherwise it follows from the share. */
  readonly leftMs?: number;
  /** What else there is to say. */
  readonly note?: string;
}

/** One line on stderr that says how far it is, on a terminal only; erased when it is over. */
export class ProgressLine {
  private readonly terminal: Terminal;
  private readonly nowMs: () => number;
  private readonly begunAtMs: number;
  private drawnAtMs = Number.NEGATIVE_INFINITY;
  private samples: { readonly atMs: number; readonly done: number }[] = [];
  private label = '';

  constructor(terminal: Terminal, nowMs: () => number) {
    this.terminal = terminal;
    this.nowMs = nowMs;
    this.begunAtMs = nowMs();
  }

  /** A bar, the count, its rate and the time left. */
  show(measure: Measure): void {
    if (!this.isDue) return;
    const { label, share, done, total, unit, note } = measure;
    const percent = `${Math.floor(Math.min(1, share) * 100)} %`;
    const count = total === undefined ? `${done} ${unit}` : `${done} of ${total} ${unit}`;
    const [rate, left] = [this.rateOf(label, done), this.leftOf(measure)];
    // On a narrow terminal the rest gives way to how much longer it takes.
    const lines = [
      [barOf(share), percent, label, count, rate, left, note ?? ''],
      [percent, label, count, rate, left, note ?? ''],
      [percent, label, count, left],
      [percent, label, left],
      [percent, left, label],
    ].map((parts) => parts.filter((part) => part !== '').join('  '));
    this.draw(lines.find((line) => line.length <= this.room) ?? lines.at(-1) ?? '');
  }

  /** The last column stays free: some terminals begin a new line behind it. */
  private get room(): number {
    return this.terminal.columns - 1;
  }

  /** At most ten times a second. `bar` goes in front where there is room for it. */
  draw(text: string, bar = ''): void {
    if (!this.isDue) return;
    this.drawnAtMs = this.nowMs();
    const { room } = this;
    const withBar = bar === '' ? text : `${bar}  ${text}`;
    const line = withBar.length <= room ? withBar : text;
    this.terminal.err(`${clearLine}${[...line].slice(0, room).join('')}`);
  }

  clear(): void {
    if (!this.terminal.showsProgress || !Number.isFinite(this.drawnAtMs)) return;
    this.terminal.err(clearLine);
    this.drawnAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Whether it would be drawn now, or was just a moment ago. */
  get isDue(): boolean {
    return this.terminal.showsProgress && this.nowMs() - this.drawnAtMs >= redrawMs;
  }

  private rateOf(label: string, done: number): string {
    // Another scenario counts from the start again.
    if (label !== this.label) this.samples = [];
    this.label = label;
    const atMs = this.nowMs();
    this.samples.push({ atMs, done });
    while (atMs - (this.samples[0]?.atMs ?? atMs) > rateWindowMs) this.samples.shift();
    const first = this.samples[0];
    const made = done - (first?.done ?? done);
    const tookMs = atMs - (first?.atMs ?? atMs);
    if (made <= 0 || tookMs <= 0) return '';
    const perSecond = (made * 1000) / tookMs;
    return `${perSecond >= 10 ? Math.round(perSecond) : Number(perSecond.toFixed(1))}/s`;
  }

  private leftOf({ share, leftMs }: Measure): string {
    if (leftMs !== undefined) return `${duration(Math.max(0, leftMs))} left`;
    const tookMs = this.nowMs() - this.begunAtMs;
    if (share < leastShare || tookMs < leastMs) return '';
    return `${duration((tookMs * (1 - Math.min(1, share))) / share)} left`;
  }
}

export function barOf(share: number): string {
  const filled = Math.floor(Math.min(1, share) * barColumns);
  return '█'.repeat(filled) + '░'.repeat(barColumns - filled);
}

/** `1h 02m`, `3m 20s`, `12s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (n: number) => `${n}`.padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  return minutes > 0 ? `${minutes}m ${two(seconds % 60)}s` : `${seconds}s`;
}
