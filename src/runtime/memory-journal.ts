import { JournalError } from './journal-error.ts';
import { checkKeys, deletedKeys } from './journal-keys.ts';
import type { Journal, JournalEntry, JournalWrite } from './ports.ts';
import { Shelves } from './shelves.ts';

/**
 * A journal that a crash takes away. Deletes of a write come before its puts. Confirms in a later
 * turn, as a disk does, so that nobody comes to rely on the opposite.
 */
export class MemoryJournal implements Journal {
  private readonly entries = new Shelves<Uint8Array>();
  private closed = false;

  write(write: JournalWrite, done: (error: Error | null) => void): void {
    checkKeys(write);
    if (this.closed) {
      const error = new JournalError('JOURNAL_CLOSED', 'journal: written to after close');
      queueMicrotask(() => done(error));
      return;
    }
    for (const key of deletedKeys(this.entries, write)) this.entries.delete(key);
    for (const { key, value } of write.puts) this.entries.set(key, value.slice());
    queueMicrotask(() => done(null));
  }

  load(done: (error: Error | null, entries: readonly JournalEntry[]) => void): void {
    const entries = [...this.entries].map(([key, value]) => ({ key, value }));
    entries.sort((a, b) => (a.key < b.key ? -1 : 1));
    queueMicrotask(() => done(null, entries));
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
