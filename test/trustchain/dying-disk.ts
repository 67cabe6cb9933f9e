import type { Journal, JournalEntry, JournalWrite } from '../../src/runtime/ports.ts';
import type { LogStorage } from '../../src/trustchain/log/storage.ts';

type Done = (error: Error | null) => void;

interface Waiting {
  readonly apply: () => void;
  readonly done: Done;
}

/**
 * A disk with a journal and a log on it that dies: after so many writes of either kind nothing more
 * happens, with or without the last one. What it holds can be read by those who start again.
 */
export class DyingDisk {
  readonly entries = new Map<string, Uint8Array>();
  readonly records: Uint8Array[] = [];
  /** Writes until it dies. */
  left = Number.POSITIVE_INFINITY;
  /** The last write reaches the disk, but its caller never hears of it. */
  lastIsKept = false;
  written = 0;
  /** True: writes happen one after another, when {@link step} or {@link settle} says so. */
  slow = false;
  private waiting: Waiting[] = [];
  /** Whoever started before the last death: a process that is gone hears and does nothing. */
  private incarnation = 0;

  /** A new process opens the disk; what the old one still waits for never comes. */
  restart(): this {
    this.incarnation += 1;
    this.waiting = [];
    return this;
  }

  /** The journal as the process that runs now sees it. */
  get journal(): Journal {
    const { incarnation } = this;
    return {
      write: (write, done) => this.submit(incarnation, () => this.put(write), done),
      load: (done) => {
        const keys = [...this.entries.keys()].sort();
        const entries = keys.map((key): JournalEntry => ({ key, value: this.entries.get(key)! }));
        done(null, entries);
      },
    };
  }

  /** The log's storage as the process that runs now sees it. */
  get storage(): LogStorage {
    const { incarnation, records } = this;
    return {
      get size() {
        return records.length;
      },
      append: (record, done) => this.submit(incarnation, () => records.push(record), done),
      read: (index) => records[index]!,
    };
  }

  /** Lets the next write happen, and what comes of it; false when none waits. */
  step(): boolean {
    const next = this.waiting.shift();
    if (next === undefined) return false;
    this.happen(next);
    return true;
  }

  /** Lets everything happen that was asked for, and what comes of it. */
  settle(): void {
    while (this.step());
  }

  private submit(incarnation: number, apply: () => void, done: Done): void {
    if (incarnation !== this.incarnation) return;
    if (this.slow) this.waiting.push({ apply, done });
    else this.happen({ apply, done });
  }

  private happen({ apply, done }: Waiting): void {
    if (this.left <= 0) return;
    this.left -= 1;
    this.written += 1;
    if (this.left > 0 || this.lastIsKept) apply();
    if (this.left > 0) done(null);
  }

  private put({ puts, deletes }: JournalWrite): void {
    for (const key of [...this.entries.keys()]) {
      if (deletes.some(({ from, to }) => key >= from && key < to)) this.entries.delete(key);
    }
    for (const { key, value } of puts) this.entries.set(key, value);
  }
}
