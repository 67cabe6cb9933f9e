import { assert } from '../base/assert.ts';
import { decode, Writer } from '../base/codec.ts';
import type { Journal } from '../runtime/ports.ts';

/** Numbers set aside with one write. A restart leaves out what was set aside and not used. */
const block = 65_536;
const key = 'sequence/reserved';

/**
 * The node's own count of what it signs, each number used once, also across crashes: numbers are
 * set aside on disk in blocks before any of them is used, and a new block long before the last one
 * is used up.
 */
export class Sequence {
  private readonly journal: Journal;
  private used: number;
  private reserved: number;
  private reserving = false;
  private failure: Error | null = null;

  private constructor(journal: Journal, reserved: number) {
    this.journal = journal;
    this.used = reserved;
    this.reserved = reserved;
  }

  /** Reads where the last process may have come to; ready when the first block is on disk. */
  static open(journal: Journal): Promise<Sequence> {
    const { promise, resolve, reject } = Promise.withResolvers<Sequence>();
    journal.load((error, entries) => {
      if (error !== null) return reject(error);
      const found = entries.find((entry) => entry.key === key);
      const read = found === undefined ? null : decode(found.value, (r) => r.u53('sequence'));
      if (read?.ok === false) return reject(new Error(`sequence journal: ${read.reason}`));
      const sequence = new Sequence(journal, read?.value ?? 0);
      sequence.reserve((failed) => (failed === null ? resolve(sequence) : reject(failed)));
    });
    return promise;
  }

  /** Why no number can be given any more; null while all is well. */
  get broken(): Error | null {
    return this.failure;
  }

  next(): number {
    assert(this.used < this.reserved, 'a block of numbers was used before the next was on disk');
    this.used += 1;
    if (this.reserved - this.used < block / 2) this.reserve(() => undefined);
    return this.used;
  }

  private reserve(done: (error: Error | null) => void): void {
    if (this.reserving || this.failure !== null) return;
    this.reserving = true;
    const upTo = this.reserved + block;
    const puts = [{ key, value: new Writer(8).u53(upTo).finish() }];
    this.journal.write({ puts, deletes: [] }, (error) => {
      this.reserving = false;
      this.failure = error;
      if (error === null) this.reserved = upTo;
      done(error);
    });
  }
}
