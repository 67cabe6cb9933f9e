import type { TimerName } from '../pbft/replica.ts';
import type { Timers } from '../runtime/ports.ts';

/** The replica's timers by name: one of each runs at a time. */
export class TimerSet {
  private readonly timers: Timers;
  private readonly onTimeout: (timer: TimerName) => void;
  private readonly running = new Map<TimerName, () => void>();

  constructor(timers: Timers, onTimeout: (timer: TimerName) => void) {
    this.timers = timers;
    this.onTimeout = onTimeout;
  }

  set(timer: TimerName, afterMs: number): void {
    this.cancel(timer);
    const cancel = this.timers.after(afterMs, () => {
      this.running.delete(timer);
      this.onTimeout(timer);
    });
    this.running.set(timer, cancel);
  }

  cancel(timer: TimerName): void {
    this.running.get(timer)?.();
    this.running.delete(timer);
  }

  cancelAll(): void {
    for (const cancel of this.running.values()) cancel();
    this.running.clear();
  }
}
