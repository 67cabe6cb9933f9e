import {
  closeSync,
  constants,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  write,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { assert } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { JournalError } from './journal-error.ts';
import { maxPendingWrites, maxRecordBytes } from './limits.ts';
import { fileHeader, findFrames, frameOf, openFrame } from './record-frames.ts';

type Done = (error: Error | null) => void;

interface Pending {
  readonly frame: Uint8Array;
  readonly done: Done;
}

/**
 * Records in a row in one file, only ever added to, and read at random. Memory holds where each
 * begins, eight bytes a record. Records that arrive while others are on their way are written and
 * synced together (group commit). After a failed write all later ones fail too. What a crash cut
 * short was never confirmed: it is passed over, and cut off before the next record is written.
 */
export class RecordFile {
  private readonly path: string;
  private readonly descriptor: number;
  /** Where each durable record begins, and behind them where the next one will. */
  private readonly offsets: number[];
  /** Something unfinished stands behind the records. */
  private torn: boolean;
  private pending: Pending[] = [];
  /** Records durable, being written and pending. */
  private appended: number;
  private inFlight = false;
  private broken: JournalError | null = null;
  private idle: (() => void)[] = [];

  private constructor(path: string, descriptor: number, offsets: number[], torn: boolean) {
    this.path = path;
    this.descriptor = descriptor;
    this.offsets = offsets;
    this.torn = torn;
    this.appended = this.size;
  }

  /**
   * Opens the file, made if absent, and goes through it once. Throws a {@link JournalError}:
   * `JOURNAL_CORRUPT` for what is damaged or no file of records, `JOURNAL_IO` for a disk's refusal.
   */
  static open(path: string): RecordFile {
    let descriptor: number | null = null;
    try {
      descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
      begin(path, descriptor);
      const { offsets, torn } = findFrames(path, descriptor);
      return new RecordFile(path, descriptor, offsets, torn);
    } catch (error) {
      if (descriptor !== null) closeSync(descriptor);
      throw error instanceof JournalError ? error : refused(path, 'cannot be opened', error);
    }
  }

  /** Durable records. */
  get size(): number {
    return this.offsets.length - 1;
  }

  /**
   * Calls back once the record is durable, in the order of the calls; with an error if it is not.
   */
  append(record: Uint8Array, done: Done): void {
    assert(record.length > 0 && record.length <= maxRecordBytes, `a record of ${record.length}`);
    if (this.broken === null && this.pending.length >= maxPendingWrites) {
      this.broken = refused(this.path, `has ${maxPendingWrites} records waiting`);
    }
    this.pending.push({ frame: frameOf(this.appended, record), done });
    this.appended += 1;
    if (this.inFlight) return;
    this.inFlight = true;
    // Not at once: what the same turn still appends joins this write.
    queueMicrotask(() => this.commit());
  }

  /** A durable record as it was appended; throws `JOURNAL_CORRUPT` when it is not that any more. */
  read(index: number): Uint8Array {
    const start = this.offsets[index];
    const end = this.offsets[index + 1];
    assert(start !== undefined && end !== undefined, `record ${index} of ${this.size}`);
    const frame = new Uint8Array(end - start);
    const count = readSync(this.descriptor, frame, 0, frame.length, start);
    const record = count === frame.length ? openFrame(index, frame) : null;
    if (record !== null) return record;
    throw new JournalError('JOURNAL_CORRUPT', `${this.path}: record ${index} is damaged`);
  }

  /** Confirms what was appended before, then closes; later records fail with `JOURNAL_CLOSED`. */
  async close(): Promise<void> {
    if (this.inFlight) await new Promise<void>((resolve) => this.idle.push(resolve));
    this.broken ??= new JournalError('JOURNAL_CLOSED', `${this.path}: appended to after close`);
    closeSync(this.descriptor);
  }

  private commit(): void {
    const group = this.pending;
    this.pending = [];
    if (this.broken !== null) return this.finish(group, this.broken);
    const start = this.offsets[this.size] as number;
    const bytes = Buffer.concat(group.map(({ frame }) => frame));
    const done = (error: unknown): void => {
      if (error !== null) this.broken = refused(this.path, 'cannot be written', error);
      this.finish(group, this.broken);
    };
    try {
      if (this.torn) ftruncateSync(this.descriptor, start);
      this.torn = false;
    } catch (error) {
      return done(error);
    }
    write(this.descriptor, bytes, 0, bytes.length, start, (error, count) => {
      if (error !== null) done(error);
      else if (count < bytes.length) done(new Error(`${count} of ${bytes.length} bytes written`));
      else fdatasync(this.descriptor, done);
    });
  }

  private finish(group: readonly Pending[], error: JournalError | null): void {
    for (const { frame, done } of group) {
      if (error === null) this.offsets.push((this.offsets[this.size] as number) + frame.length);
      done(error);
    }
    if (this.pending.length > 0) {
      queueMicrotask(() => this.commit());
      return;
    }
    this.inFlight = false;
    for (const resolve of this.idle.splice(0)) resolve();
  }
}

/** Puts the header into a file that has none or, after a crash, the beginning of one. */
function begin(path: string, descriptor: number): void {
  const found = new Uint8Array(fileHeader.length);
  const count = readSync(descriptor, found, 0, found.length, 0);
  if (!equalBytes(found.subarray(0, count), fileHeader.subarray(0, count))) {
    throw new JournalError('JOURNAL_CORRUPT', `${path}: no file of records`);
  }
  if (count === fileHeader.length) return;
  writeSync(descriptor, fileHeader, 0, fileHeader.length, 0);
  fsyncSync(descriptor);
  // The name, too, must outlive a crash.
  const directory = openSync(dirname(path), constants.O_RDONLY);
  fsyncSync(directory);
  closeSync(directory);
}

function refused(path: string, what: string, cause?: unknown): JournalError {
  const detail = cause instanceof Error ? `: ${cause.message}` : '';
  return new JournalError('JOURNAL_IO', `${path} ${what}${detail}`, cause);
}
