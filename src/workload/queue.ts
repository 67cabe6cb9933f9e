import type { PlannedRequest } from './plan.ts';

/** A request whose time has come. `dueMs`: since when, milliseconds since 1970. */
export interface DueRequest {
  readonly request: PlannedRequest;
  readonly dueMs: number;
}

/** First come, first served; but a replay waits until there is something to replay. */
export class Queue {
  private readonly line: DueRequest[] = [];
  private head = 0;
  private readonly replays: DueRequest[] = [];

  get size(): number {
    return this.line.length - this.head + this.replays.length;
  }

  push(due: DueRequest): void {
    this.line.push(due);
  }

  /** The next that can be served, null while there is none. */
  next(canReplay: boolean): DueRequest | null {
    const replay = canReplay ? this.replays.shift() : undefined;
    if (replay !== undefined) return replay;
    while (this.head < this.line.length) {
      const due = this.line[this.head++] as DueRequest;
      if (canReplay || due.request.broken !== 'replay') return due;
      this.replays.push(due);
    }
    this.line.length = 0;
    this.head = 0;
    return null;
  }
}
