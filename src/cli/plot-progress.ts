import { labelBytes } from '../proofs/label-tree.ts';
import { barOf, duration, ProgressLine } from './progress-line.ts';
import type { Terminal } from './terminal.ts';

/** The rate is that of the last so many milliseconds: later rows take longer than the first. */
const rateWindowMs = 10_000;

/** A bar, the rate and the time left, on one line of a terminal's stderr; nothing elsewhere. */
export class PlotProgressLine {
  private readonly line: ProgressLine;
  private readonly nowMs: () => number;
  private readonly labels: number;
  private readonly samples: { readonly atMs: number; readonly done: number }[] = [];

  constructor(terminal: Terminal, nowMs: () => number, labels: number) {
    this.line = new ProgressLine(terminal, nowMs);
    this.nowMs = nowMs;
    this.labels = labels;
  }

  /** `done` of `total` labels of all rows are made. */
  show(done: number, total: number): void {
    if (!this.line.isDue) return;
    const nowMs = this.nowMs();
    this.samples.push({ atMs: nowMs, done });
    while (nowMs - (this.samples[0]?.atMs ?? nowMs) > rateWindowMs) this.samples.shift();
    const share = done / total;
    const rows = Math.round(total / this.labels);
    const row = Math.min(rows, Math.floor(done / this.labels) + 1);
    const percent = `${Math.floor(share * 100)}`.padStart(3);
    this.line.draw(`${percent} %  row ${row} of ${rows}  ${this.pace(total - done)}`, barOf(share));
  }

  clear(): void {
    this.line.clear();
  }

  private pace(left: number): string {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    const made = (last?.done ?? 0) - (first?.done ?? 0);
    const tookMs = (last?.atMs ?? 0) - (first?.atMs ?? 0);
    if (made <= 0 || tookMs <= 0) return '';
    const perSecond = (made * 1000) / tookMs;
    return `${size(perSecond * labelBytes)}/s  ${duration((left / perSecond) * 1000)} left`;
  }
}

/** `1.5 GiB`, `4 KiB`: one digit behind the point where there is anything there. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}
