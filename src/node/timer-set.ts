import type { TimerName } from '../pbft/replica.ts';
import type { Timers } from '../runtime/ports.ts';

/** The replica's timers by name: one of each runs at a time. */
export class TimerSet {
  private readonly timers: Timers;
  private readonly onTimeout: (timer: TimerName) => void;
  private readonly running = new Map<TimerName, () => void>();
  /** Made once: every batch sets a timer and calls it off. */
  private readonly due: Readonly<Record<TimerName, () => void>>;

  constructor(timers: Timers, onTimeout: (timer: TimerName) => void) {
    this.timers = timers;
    this.onTimeout = onTimeout;
    const ring = (timer: TimerName) => () => this.ring(timer);
    this.due = {
      request: ring('request'),
      viewChange: ring('viewChange'),
      status: ring('status'),
      fetch: ring('fetch'),
      gather: ring('gather'),
    };
  }

  set(timer: TimerName, afterMs: number): void {
    this.cancel(timer);
    this.running.set(timer, this.timers.after(afterMs, this.due[timer]));
  }

  cancel(timer: TimerName): void {
    this.running.get(timer)?.();
    this.running.delete(timer);
  }

  private ring(timer: TimerName): void {
    this.running.delete(timer);
    this.onTimeout(timer);
  }

  cancelAll(): void {
    for (const cancel of this.running.values()) cancel();
    this.running.clear();
  }
}
