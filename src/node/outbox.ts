import { deletedKeys } from '../runtime/journal-keys.ts';
import type { Journal, JournalWrite } from '../runtime/ports.ts';
import { Shelves } from '../runtime/shelves.ts';

/**
 * Keeps the order that effects demand: what was handed over after a write leaves only when that
 * write is on disk. Writes of one turn go to the journal together.
 */
export class Outbox {
  private readonly journal: Journal;
  private readonly onError: (error: Error) => void;
  private puts: JournalWrite['puts'][number][] = [];
  private deletes: JournalWrite['deletes'][number][] = [];
  /** Writes handed to the journal, and how many of them are durable. */
  private submitted = 0;
  private durable = 0;
  private waiting: { readonly after: number; readonly action: () => void }[] = [];
  private failed = false;
  /** This turn wrote something that is waited for. */
  private unwritten = false;

  constructor(journal: Journal, onError: (error: Error) => void) {
    this.journal = journal;
    this.onError = onError;
  }

  /** What waits for the disk. */
  get size(): number {
    return this.waiting.length;
  }

  write(write: JournalWrite): void {
    if (write.deletes.length > 0) this.forget(write);
    for (const put of write.puts) this.puts.push(put);
    for (const range of write.deletes) this.deletes.push(range);
    this.unwritten = true;
  }

  /** `later`: with the next write that is not, or when {@link hurry} is called. */
  writeRecord(put: JournalWrite['puts'][number], later = false): void {
    this.puts.push(put);
    if (!later) this.unwritten = true;
  }

  /** What was to be written later belongs to this turn. */
  hurry(): void {
    if (this.puts.length > 0) this.unwritten = true;
  }

  /** Runs `action` once everything written before this call is durable. */
  afterWrites(action: () => void): void {
    const after = this.submitted + (this.unwritten ? 1 : 0);
    if (after <= this.durable && !this.failed) action();
    else this.waiting.push({ after, action });
  }

  /** The turn is over: its writes go to the journal as one. */
  flush(): void {
    if (this.unwritten && !this.failed) this.submit();
  }

  /** Apart: a function with a closure in it pays for it at every call, and each vote is a turn. */
  private submit(): void {
    this.unwritten = false;
    const write = { puts: this.puts, deletes: this.deletes };
    this.puts = [];
    this.deletes = [];
    const number = ++this.submitted;
    this.journal.write(write, (error) => this.onWritten(number, error));
  }

  /** In the one write of a turn all deletes come first; these came after what is put so far. */
  private forget(write: JournalWrite): void {
    const held = new Shelves<JournalWrite['puts'][number]>();
    for (const put of this.puts) held.set(put.key, put);
    for (const key of deletedKeys(held, write)) held.delete(key);
    this.puts = Array.from(held, ([, put]) => put);
  }

  private onWritten(number: number, error: Error | null): void {
    if (this.failed) return;
    if (error !== null) {
      // Nothing that depends on a lost write may ever leave.
      this.failed = true;
      this.waiting = [];
      this.onError(error);
      return;
    }
    this.durable = number;
    const { waiting } = this;
    let ready = 0;
    while (ready < waiting.length && (waiting[ready]?.after ?? 0) <= number) ready++;
    // Mostly all of it: one list takes the place of the other.
    this.waiting = waiting.slice(ready);
    for (let i = 0; i < ready; i++) waiting[i]?.action();
  }
}
