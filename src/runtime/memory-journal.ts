import { JournalError } from './journal-error.ts';
import type { Journal, JournalEntry, JournalWrite } from './ports.ts';

/**
 * A journal that a crash takes away. Deletes of a write come before its puts. Confirms in a later
 * turn, as a disk does, so that nobody comes to rely on the opposite.
 */
export class MemoryJournal implements Journal {
  private readonly entries = new Map<string, Uint8Array>();
  private closed = false;

  write(write: JournalWrite, done: (error: Error | null) => void): void {
    if (this.closed) {
      const error = new JournalError('JOURNAL_CLOSED', 'written to after it was closed');
      queueMicrotask(() => done(error));
      return;
    }
    for (const { from, to } of write.deletes) {
      for (const key of this.entries.keys()) {
        if (key >= from && key < to) this.entries.delete(key);
      }
    }
    for (const { key, value } of write.puts) this.entries.set(key, value);
    queueMicrotask(() => done(null));
  }

  load(done: (error: Error | null, entries: readonly JournalEntry[]) => void): void {
    const entries = [...this.entries].map(([key, value]) => ({ key, value }));
    entries.sort((a, b) => compareBytewise(a.key, b.key));
    queueMicrotask(() => done(null, entries));
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** UTF-8 order, which is code point order; `<` on strings compares UTF-16 units instead. */
export function compareBytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
