import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Level } from 'level';
import { DaemonRefusal } from './refusal.ts';

const retryMs = 100;

/**
 * The lock on a data directory. It is the lock of an empty LevelDB, which the kernel gives back
 * when its process ends however that comes about: there are no stale locks, and no process can be
 * taken for the holder because it has the holder's old number. `pid` beside it is for people.
 */
export class DataLock {
  private readonly db: Level;
  private readonly pidFile: string;

  private constructor(db: Level, pidFile: string) {
    this.db = db;
    this.pidFile = pidFile;
  }

  /**
   * Takes the lock of `directory`, which exists. A holder may be on its way out: it is given
   * `patienceMs`. Throws {@link DaemonRefusal} (`locked`, with the holder's pid).
   */
  static async acquire(directory: string, patienceMs: number): Promise<DataLock> {
    const pidFile = join(directory, 'pid');
    const deadlineMs = performance.now() + patienceMs;
    for (;;) {
      const db = new Level(join(directory, 'lock'));
      try {
        await db.open();
        writeFileSync(pidFile, `${process.pid}\n`);
        return new DataLock(db, pidFile);
      } catch (error) {
        if (!isLocked(error)) {
          await db.close().catch(() => undefined);
          throw new DaemonRefusal('unavailable', `${directory}: ${wordsOf(error)}`, error);
        }
        if (performance.now() >= deadlineMs) throw lockedBy(directory, pidFile);
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  async release(): Promise<void> {
    rmSync(this.pidFile, { force: true });
    await this.db.close();
  }
}

function isLocked(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED';
}

function wordsOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

function lockedBy(directory: string, pidFile: string): DaemonRefusal {
  let pid = 'unknown';
  try {
    pid = readFileSync(pidFile, 'utf8').trim();
  } catch (error) {
    if (!(error instanceof Error)) throw error; // it has not said yet who it is
  }
  const message = `${directory}: another process uses it (pid ${pid}); stop that one first`;
  return new DaemonRefusal('locked', message);
}
