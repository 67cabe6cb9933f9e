import { Level } from 'level';
import { assert } from '../base/assert.ts';
import { JournalError } from './journal-error.ts';
import { seal, Tally, unseal } from './journal-integrity.ts';
import { checkKeys, deletedKeys } from './journal-keys.ts';
import { checkLogs } from './level-log.ts';
import { maxPendingWrites } from './limits.ts';
import { type Meter, noMeter, within } from './meter.ts';
import type { Journal, JournalEntry, JournalWrite } from './ports.ts';

/** Sorts before every key a user may choose. */
const tallyKey = '\u0000tally';

/**
 * Of LevelDB's log, and in memory. When it is full a table is written, also of what a checkpoint
 * deleted, and merged with others later: with four times the default that happens less often.
 */
const writeBufferSize = 16 * 1024 * 1024;

interface Pending {
  readonly write: JournalWrite;
  readonly done: (error: Error | null) => void;
}

type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/**
 * The journal on disk. Every write is synced, and writes that arrive while one is on its way are
 * joined into the next (group commit): the disk's latency is paid per group, not per write.
 * Deletes of a write come before its puts. After a failed write all later ones fail too: a record
 * on disk must never be newer than one that is missing.
 */
export class LevelJournal implements Journal {
  private readonly db: Level<string, Uint8Array>;
  private readonly tally = new Tally();
  private pending: Pending[] = [];
  private inFlight = false;
  private loaded = false;
  /** What {@link readAhead} read, until it is loaded. */
  private ahead: readonly JournalEntry[] | null = null;
  private broken: JournalError | null = null;
  private idle: (() => void)[] = [];

  private readonly meter: Meter;

  private constructor(db: Level<string, Uint8Array>, meter: Meter) {
    this.db = db;
    this.meter = meter;
  }

  /**
   * Opens the directory `path`, made if absent. Fails with a {@link JournalError}
   * (`JOURNAL_LOCKED`, `JOURNAL_CORRUPT` or `JOURNAL_IO`).
   */
  static async open(path: string, meter: Meter = noMeter): Promise<LevelJournal> {
    await checkLogs(path);
    const db = new Level<string, Uint8Array>(path, {
      keyEncoding: 'utf8',
      valueEncoding: 'view',
      compression: false, // signatures and digests do not compress
      writeBufferSize,
    });
    try {
      await db.open();
    } catch (error) {
      throw openError(path, error);
    }
    return new LevelJournal(db, meter);
  }

  /**
   * Reads all entries now, for {@link load} to give. Closes the journal and fails with a
   * {@link JournalError} when one is damaged, or gone.
   */
  async readAhead(): Promise<void> {
    try {
      this.ahead = await this.readAll();
    } catch (error) {
      await this.db.close();
      throw toJournalError('journal cannot be read', error);
    }
  }

  load(done: (error: Error | null, entries: readonly JournalEntry[]) => void): void {
    assert(!this.loaded, 'a journal is loaded once, before the first write');
    this.loaded = true;
    const reading = this.ahead === null ? this.readAll() : Promise.resolve(this.ahead);
    this.ahead = null;
    reading.then(
      (entries) => done(null, entries),
      (error: unknown) => {
        this.broken = toJournalError('journal cannot be read', error);
        done(this.broken, []);
      },
    );
  }

  write(write: JournalWrite, done: (error: Error | null) => void): void {
    assert(this.loaded, 'a journal is loaded before the first write');
    checkKeys(write);
    if (this.broken === null && this.pending.length >= maxPendingWrites) {
      this.broken = new JournalError('JOURNAL_IO', `journal: ${maxPendingWrites} writes waiting`);
    }
    this.pending.push({ write, done });
    if (this.inFlight) return;
    this.inFlight = true;
    // Not at once: what the same turn still writes joins this group.
    queueMicrotask(() => this.commit());
  }

  /** Confirms what was written before, then closes; later writes fail with `JOURNAL_CLOSED`. */
  async close(): Promise<void> {
    if (this.inFlight) await new Promise<void>((resolve) => this.idle.push(resolve));
    this.broken ??= new JournalError('JOURNAL_CLOSED', 'journal: written to after close');
    await this.db.close();
  }

  private async readAll(): Promise<JournalEntry[]> {
    const entries: JournalEntry[] = [];
    let tally: Uint8Array | null = null;
    for await (const [key, stored] of this.db.iterator()) {
      const opened = unseal(key, stored);
      if (opened === null) {
        throw new JournalError(
          'JOURNAL_CORRUPT',
          `journal entry ${JSON.stringify(key)} is damaged`,
        );
      }
      if (key === tallyKey) {
        tally = opened.value;
        continue;
      }
      this.tally.set(key, opened.checksum);
      entries.push({ key, value: opened.value });
    }
    const found = this.tally.encode();
    if (tally === null ? entries.length > 0 : Buffer.compare(tally, found) !== 0) {
      const detail = `${entries.length} entries found, their tally does not match`;
      throw new JournalError('JOURNAL_CORRUPT', `journal has lost entries: ${detail}`);
    }
    return entries;
  }

  private commit(): void {
    const group = this.pending;
    this.pending = [];
    if (this.broken !== null) {
      this.finish(group, this.broken);
      return;
    }
    const written = within(this.meter, 'journal', () =>
      this.db.batch<string, Uint8Array>(this.operationsOf(group), { sync: true }),
    );
    written.then(
      () => this.finish(group, null),
      (error: unknown) => {
        this.broken = toJournalError('journal cannot be written', error);
        this.finish(group, this.broken);
      },
    );
  }

  /** One batch for the group: for each key only what it ends up with, and the new tally. */
  private operationsOf(group: readonly Pending[]): Operation[] {
    const operations = new Map<string, Operation>();
    for (const { write } of group) {
      for (const key of [...deletedKeys(this.tally, write)]) {
        this.tally.delete(key);
        operations.set(key, { type: 'del', key });
      }
      for (const { key, value } of write.puts) {
        const { stored, checksum } = seal(key, value);
        this.tally.set(key, checksum);
        operations.set(key, { type: 'put', key, value: stored });
      }
    }
    const { stored } = seal(tallyKey, this.tally.encode());
    return [...operations.values(), { type: 'put', key: tallyKey, value: stored }];
  }

  private finish(group: readonly Pending[], error: JournalError | null): void {
    for (const { done } of group) done(error);
    if (this.pending.length > 0) {
      queueMicrotask(() => this.commit());
      return;
    }
    this.inFlight = false;
    for (const resolve of this.idle.splice(0)) resolve();
  }
}

function openError(path: string, error: unknown): JournalError {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'LEVEL_LOCKED') {
    return new JournalError('JOURNAL_LOCKED', `journal ${path}: another process uses it`, error);
  }
  return toJournalError(`journal ${path} cannot be opened`, error);
}

function toJournalError(what: string, error: unknown): JournalError {
  if (error instanceof JournalError) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const detail = cause instanceof Error ? cause.message : String(cause);
  const corrupt =
    /corrupt/i.test(detail) ||
    (cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_CORRUPTION');
  const code = corrupt ? 'JOURNAL_CORRUPT' : 'JOURNAL_IO';
  return new JournalError(code, `${what}: ${detail}`, error);
}
