import { ProgressLine } from './progress-line.ts';
import type { Terminal } from './terminal.ts';

const tickMs = 200;

/**
 * What a start or an end is at, and for how long already, on one line of a terminal's stderr; what
 * happens meanwhile stands above it. Nothing elsewhere.
 */
export class ClockedLine {
  private readonly terminal: Terminal;
  private readonly nowMs: () => number;
  private readonly line: ProgressLine;
  private text = '';
  private sinceMs = 0;
  private ticking: NodeJS.Timeout | null = null;

  constructor(terminal: Terminal, nowMs: () => number) {
    this.terminal = terminal;
    this.nowMs = nowMs;
    this.line = new ProgressLine(terminal, nowMs);
  }

  say(text: string): void {
    if (!this.terminal.showsProgress) return;
    this.text = text;
    if (this.ticking !== null) return this.draw();
    this.sinceMs = this.nowMs();
    this.ticking = setInterval(() => this.draw(), tickMs).unref();
    this.draw();
  }

  /** Something that happened, on a line of its own that stays. */
  tell(text: string): void {
    if (!this.terminal.showsProgress) return;
    this.line.clear();
    this.terminal.err(`${text}\n`);
    if (this.ticking !== null) this.draw();
  }

  clear(): void {
    if (this.ticking !== null) clearInterval(this.ticking);
    this.ticking = null;
    this.line.clear();
  }

  private draw(): void {
    const seconds = Math.floor((this.nowMs() - this.sinceMs) / 1000);
    this.line.draw(`${this.text}  ${seconds} s`);
  }
}
