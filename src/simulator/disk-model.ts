import { copyBriefly } from '../base/codec.ts';
import type { Random } from '../base/random.ts';
import { JournalError } from '../runtime/journal-error.ts';
import { checkKeys, deletedKeys } from '../runtime/journal-keys.ts';
import type { Journal, JournalEntry, JournalWrite } from '../runtime/ports.ts';
import { Shelves } from '../runtime/shelves.ts';
import type { ScheduledEvent, Scheduler } from './virtual-time.ts';

function refusedWrite(): JournalError {
  return new JournalError('JOURNAL_IO', 'injected: the disk refused the write');
}

interface PendingWrite {
  readonly write: JournalWrite;
  readonly done: (error: Error | null) => void;
  readonly fails: boolean;
}

/** No closure: every write makes one of these. */
class Access implements ScheduledEvent {
  private readonly disk: DiskModel;
  private readonly incarnation: number;
  private readonly callback: () => void;

  constructor(disk: DiskModel, incarnation: number, callback: () => void) {
    this.disk = disk;
    this.incarnation = incarnation;
    this.callback = callback;
  }

  fire(): void {
    this.disk.reached(this.incarnation, this.callback);
  }
}

/**
 * One replica's disk. A write is durable when its sync is over; writes handed in meanwhile are
 * joined into the next sync, as a group-committing journal does. A crash decides about each write
 * that is under way as a real disk would: a prefix of them survives unconfirmed, the rest is lost.
 */
export class DiskModel {
  private readonly scheduler: Scheduler;
  private readonly random: Random;
  private readonly syncMs: number;
  private readonly onSynced: () => void;
  private entries = new Shelves<Uint8Array>();
  private syncing: PendingWrite[] = [];
  private waiting: PendingWrite[] = [];
  private incarnation = 0;
  private writesToFail = 0;
  /** A write failed in this incarnation: a log has no place for what came after it. */
  private broken = false;
  /**
   * Whether anything was ever durable here, whatever became of it: before that its replica, which
   * writes first and speaks afterwards, has said nothing.
   */
  everWritten = false;

  /** `syncMs`: virtual time of one sync; each takes between half and one and a half of it. */
  constructor(scheduler: Scheduler, random: Random, syncMs: number) {
    this.scheduler = scheduler;
    this.random = random;
    this.syncMs = syncMs;
    const onSynced = () => this.synced();
    this.onSynced = onSynced;
  }

  /** The port of the next incarnation of the replica. */
  mount(): Journal {
    const incarnation = ++this.incarnation;
    this.broken = false;
    this.writesToFail = 0; // whoever restarts it has mended the disk
    return {
      write: (write, done) => {
        if (incarnation === this.incarnation) this.write(write, done);
      },
      load: (done) => {
        const entries = this.sorted();
        this.after(incarnation, () => done(null, entries));
      },
    };
  }

  /** The replica goes down at this instant. */
  crash(): void {
    this.incarnation++;
    const underWay = [...this.syncing, ...this.waiting];
    const survivors = this.random.below(underWay.length + 1);
    for (const { write, fails } of underWay.slice(0, survivors)) {
      if (fails || this.broken) break;
      this.apply(write);
    }
    this.syncing = [];
    this.waiting = [];
  }

  /** Everything is gone, as after a crash and a new disk. */
  lose(): void {
    this.crash();
    this.entries = new Shelves();
  }

  /**
   * The next `count` writes report an error and leave nothing behind, nor do those that follow
   * them until the disk is mounted again.
   */
  failWrites(count: number): void {
    this.writesToFail += count;
  }

  /** Durable entries. */
  get entryCount(): number {
    return this.entries.size;
  }

  /** Bytes on the disk, keys and values, of what is durable. */
  get sizeBytes(): number {
    let sizeBytes = 0;
    for (const [key, value] of this.entries) sizeBytes += key.length + value.length;
    return sizeBytes;
  }

  private write(write: JournalWrite, done: (error: Error | null) => void): void {
    checkKeys(write);
    const fails = this.writesToFail > 0;
    if (fails) this.writesToFail--;
    const puts = write.puts.map(({ key, value }) => ({ key, value: copyBriefly(value) }));
    this.waiting.push({ write: { puts, deletes: write.deletes }, done, fails });
    if (this.syncing.length === 0) this.sync();
  }

  private sync(): void {
    this.syncing = this.waiting;
    this.waiting = [];
    this.after(this.incarnation, this.onSynced);
  }

  private synced(): void {
    const finished = this.syncing;
    /** Of those written; what comes after one that failed fails with it. */
    let written = 0;
    for (const { write, fails } of finished) {
      this.broken ||= fails;
      if (this.broken) break;
      this.apply(write);
      written++;
    }
    this.syncing = [];
    if (this.waiting.length > 0) this.sync();
    const incarnation = this.incarnation;
    for (let i = 0; i < finished.length; i++) {
      if (incarnation !== this.incarnation) return;
      finished[i]?.done(i < written ? null : refusedWrite());
    }
  }

  private after(incarnation: number, callback: () => void): void {
    const delayUs = this.syncMs * 1000 * (0.5 + this.random.next());
    this.scheduler.schedule(delayUs, new Access(this, incarnation, callback));
  }

  /** The disk comes to what it was to do; whoever asked for it may be gone. */
  reached(incarnation: number, callback: () => void): void {
    if (incarnation === this.incarnation) callback();
  }

  private apply(write: JournalWrite): void {
    this.everWritten = true;
    if (write.deletes.length > 0) {
      for (const key of deletedKeys(this.entries, write)) this.entries.delete(key);
    }
    for (const { key, value } of write.puts) this.entries.set(key, value);
  }

  private sorted(): JournalEntry[] {
    const entries = [...this.entries].map(([key, value]) => ({ key, value }));
    return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}
