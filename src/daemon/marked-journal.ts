import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Journal, JournalEntry, JournalWrite } from '../runtime/ports.ts';

/**
 * Remembers beside the journal that a node took part: an empty journal then means a lost disk. The
 * mark follows the first write (what it says is true) and comes before anything that waits for this
 * write (so no vote is out without it). A crash between the two leaves a node that begins again.
 */
export class MarkedJournal implements Journal {
  private readonly inner: Journal;
  private readonly markFile: string;
  private marked: boolean;

  constructor(inner: Journal, markFile: string) {
    this.inner = inner;
    this.markFile = markFile;
    this.marked = existsSync(markFile);
  }

  /** Whether a node wrote here before this process. */
  get ranBefore(): boolean {
    return this.marked;
  }

  /** What was here was damaged, so somebody wrote it. Throws what the disk says. */
  markNow(): void {
    const error = this.mark();
    if (error !== null) throw error;
  }

  load(done: (error: Error | null, entries: readonly JournalEntry[]) => void): void {
    this.inner.load(done);
  }

  write(write: JournalWrite, done: (error: Error | null) => void): void {
    this.inner.write(write, (error) => done(error ?? this.mark()));
  }

  private mark(): Error | null {
    if (this.marked) return null;
    try {
      touch(this.markFile);
      this.marked = true;
      return null;
    } catch (error) {
      if (error instanceof Error) return error;
      throw error;
    }
  }
}

/** Makes the file, and has the disk know that it is there. */
function touch(path: string): void {
  for (const [what, flags] of [
    [path, 'w'],
    [dirname(path), 'r'],
  ] as const) {
    const file = openSync(what, flags);
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
