import type { RunEvent } from '../scenario/trace.ts';
import { maxReportedEvents, maxWaitingStrikes, reportIntervalMs } from './limits.ts';
import type { LinkCounters, Report } from './protocol.ts';
import type { WireNote } from './wire-tap.ts';

/** Counters alone are told at one flush in so many. */
const quietFlushes = 20;

/** Gathers a replica's events and counters, and hands them over together now and then. */
export class Reporter {
  private readonly post: (report: Report) => void;
  private readonly counters: () => LinkCounters;
  private waiting: RunEvent[] = [];
  private notes: WireNote[] = [];
  private strikes = 0;
  private quiet = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(post: (report: Report) => void, counters: () => LinkCounters) {
    this.post = post;
    this.counters = counters;
    this.timer = setInterval(() => {
      // With nothing to tell it keeps quiet, but for its counters now and then.
      if (this.waiting.length > 0 || ++this.quiet % quietFlushes === 0) this.flush();
    }, reportIntervalMs);
  }

  add(event: RunEvent): void {
    // A peer decides how many strikes there are, so they are the ones that must be bounded.
    if (event.type === 'strike' && ++this.strikes > maxWaitingStrikes) return;
    this.waiting.push(event);
  }

  /** What passed over the wire. */
  note(note: WireNote): void {
    this.notes.push(note);
  }

  flush(): void {
    const { notes, waiting: events } = this;
    this.waiting = [];
    this.notes = [];
    this.strikes = 0;
    const most = Math.max(events.length, notes.length, 1);
    for (let i = 0; i < most; i += maxReportedEvents) {
      const end = i + maxReportedEvents;
      const part = { events: events.slice(i, end), notes: notes.slice(i, end) };
      this.post({ type: 'progress', ...part, counters: this.counters() });
    }
  }

  stop(): void {
    clearInterval(this.timer);
    this.flush();
  }
}
