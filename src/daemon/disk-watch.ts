import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { JournalError } from '../runtime/journal-error.ts';
import type { Journal, Timers } from '../runtime/ports.ts';

const probeIntervalMs = 5000;
/** A disk that has room for this has been made room on: a journal begins with less. */
const probeBytes = 4 * 1024 * 1024;

/**
 * Watches what journals get for their writes. A journal that failed stays so until it is opened
 * anew from what is on disk; after the first failure it is looked now and then whether the disk
 * takes writes again, for then a new process would do better.
 */
export class DiskWatch {
  /** Resolves when the disk failed and is there again. */
  readonly backAgain: Promise<void>;
  private readonly resolve: () => void;
  private readonly probe: string;
  private readonly timers: Timers;
  private readonly log: Logger;
  private failed = false;
  private stopped = false;
  private cancel: () => void = () => undefined;

  constructor(directory: string, timers: Timers, log: Logger) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.backAgain = promise;
    this.resolve = resolve;
    this.probe = join(directory, 'probe');
    this.timers = timers;
    this.log = log;
  }

  /** The same journal, watched. */
  watch(journal: Journal): Journal {
    return {
      load: (done) => journal.load(done),
      write: (write, done) => {
        journal.write(write, (error) => {
          if (error !== null) this.onFailure(error);
          done(error);
        });
      },
    };
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  private onFailure(error: Error): void {
    const closed = error instanceof JournalError && error.code === 'JOURNAL_CLOSED';
    if (this.failed || this.stopped || closed) return;
    this.failed = true;
    this.log.error({ err: error }, 'the disk takes no more writes');
    this.lookLater();
  }

  private lookLater(): void {
    this.cancel = this.timers.after(probeIntervalMs, () => {
      if (!takesWrites(this.probe)) return this.lookLater();
      this.log.warn('the disk takes writes again: a new process should take the place of this one');
      this.resolve();
    });
  }
}

function takesWrites(path: string): boolean {
  try {
    const file = openSync(path, 'w');
    try {
      const bytes = new Uint8Array(probeBytes);
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
      rmSync(path);
    }
    return true;
  } catch {
    return false; // full, gone, or read-only: whatever it is, it is not over
  }
}
