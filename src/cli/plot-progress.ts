import { labelBytes } from '../proofs/label-tree.ts';
import type { Terminal } from './terminal.ts';

const redrawMs = 100;
const clearLine = '\r\u001b[2K';
const barColumns = 24;
/** The rate is that of the last so many milliseconds: later rows take longer than the first. */
const rateWindowMs = 10_000;

/** A bar, the rate and the time left, on one line of a terminal's stderr; nothing elsewhere. */
export class PlotProgressLine {
  private readonly terminal: Terminal;
  private readonly nowMs: () => number;
  private readonly labels: number;
  private drawnAtMs = Number.NEGATIVE_INFINITY;
  private readonly samples: { readonly atMs: number; readonly done: number }[] = [];

  constructor(terminal: Terminal, nowMs: () => number, labels: number) {
    this.terminal = terminal;
    this.nowMs = nowMs;
    this.labels = labels;
  }

  /** `done` of `total` labels of all rows are made. Draws at most ten times a second. */
  show(done: number, total: number): void {
    if (!this.terminal.showsProgress) return;
    const nowMs = this.nowMs();
    if (nowMs - this.drawnAtMs < redrawMs) return;
    this.drawnAtMs = nowMs;
    this.samples.push({ atMs: nowMs, done });
    while (nowMs - (this.samples[0]?.atMs ?? nowMs) > rateWindowMs) this.samples.shift();
    const share = done / total;
    const filled = Math.floor(share * barColumns);
    const bar = '█'.repeat(filled) + '░'.repeat(barColumns - filled);
    const rows = Math.round(total / this.labels);
    const row = Math.min(rows, Math.floor(done / this.labels) + 1);
    const percent = `${Math.floor(share * 100)}`.padStart(3);
    const line = `${bar} ${percent} %  row ${row} of ${rows}  ${this.pace(total - done)}`;
    this.terminal.err(`${clearLine}${line}`);
  }

  clear(): void {
    if (!this.terminal.showsProgress || !Number.isFinite(this.drawnAtMs)) return;
    this.terminal.err(clearLine);
    this.drawnAtMs = Number.NEGATIVE_INFINITY;
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

/** `1h 02m`, `3m 20s`, `12s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (n: number) => `${n}`.padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  return minutes > 0 ? `${minutes}m ${two(seconds % 60)}s` : `${seconds}s`;
}
