import type { Clock, Journal, JournalEntry, JournalWrite } from './ports.ts';

/** A journal that tells how long each write took, from the call to the disk's word. */
export class TimedJournal implements Journal {
  private readonly journal: Journal;
  private readonly clock: Clock;
  private readonly onWritten: (tookMs: number) => void;
  /** Writes on their way to the disk. */
  waiting = 0;

  /** `clock`: one that is never set back. */
  constructor(journal: Journal, clock: Clock, onWritten: (tookMs: number) => void) {
    this.journal = journal;
    this.clock = clock;
    this.onWritten = onWritten;
  }

  write(write: JournalWrite, done: (error: Error | null) => void): void {
    const startMs = this.clock.nowMs();
    this.waiting += 1;
    this.journal.write(write, (error) => {
      this.waiting -= 1;
      if (error === null) this.onWritten(this.clock.nowMs() - startMs);
      done(error);
    });
  }

  load(done: (error: Error | null, entries: readonly JournalEntry[]) => void): void {
    this.journal.load(done);
  }
}
