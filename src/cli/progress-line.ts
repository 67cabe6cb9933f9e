import type { Progress } from '../scenario/run.ts';
import type { Terminal } from './terminal.ts';

const redrawMs = 100;
const clearLine = '\r\u001b[2K';

/** One line on stderr that says how far the run is, on a terminal only; erased when it is over. */
export class ProgressLine {
  private readonly terminal: Terminal;
  private readonly nowMs: () => number;
  private drawnAtMs = Number.NEGATIVE_INFINITY;

  constructor(terminal: Terminal, nowMs: () => number) {
    this.terminal = terminal;
    this.nowMs = nowMs;
  }

  show(scenario: string, progress: Progress | null): void {
    this.draw(`${scenario}  ${describe(progress)}`);
  }

  /** At most ten times a second. */
  draw(text: string): void {
    if (!this.terminal.showsProgress) return;
    const nowMs = this.nowMs();
    if (nowMs - this.drawnAtMs < redrawMs) return;
    this.drawnAtMs = nowMs;
    this.terminal.err(`${clearLine}${text}`);
  }

  clear(): void {
    if (!this.terminal.showsProgress || !Number.isFinite(this.drawnAtMs)) return;
    this.terminal.err(clearLine);
    this.drawnAtMs = Number.NEGATIVE_INFINITY;
  }
}

function describe(progress: Progress | null): string {
  if (progress === null) return 'starting';
  const { answered, requests, atMs } = progress;
  return `${answered} of ${requests} answered  ${(atMs / 1000).toFixed(1)} s`;
}
