import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { DiskWatch } from '../../src/daemon/disk-watch.ts';
import { JournalError } from '../../src/runtime/journal-error.ts';
import type { Journal } from '../../src/runtime/ports.ts';
import { temporaryDirectory } from './directories.ts';

const write = { puts: [], deletes: [] };

/** A watch over a journal that fails with `error`, and the timers that are set. */
function watched(error: Error | null) {
  const directory = temporaryDirectory();
  const due: (() => void)[] = [];
  const timers = {
    after(_: number, action: () => void) {
      due.push(action);
      return () => void due.splice(0);
    },
  };
  const watch = new DiskWatch(directory, timers, pino({ level: 'silent' }));
  const told: (Error | null)[] = [];
  const journal: Journal = {
    load: (done) => done(null, []),
    write: (_, done) => done(error),
  };
  watch.watch(journal).write(write, (outcome) => told.push(outcome));
  let back = false;
  void watch.backAgain.then(() => {
    back = true;
  });
  return { directory, due, watch, told, back: () => back };
}

const full = new JournalError('JOURNAL_IO', 'no space left');

test('a disk that failed is said to be back when it takes writes, and not before', async () => {
  const { directory, due, told, back } = watched(full);
  expect(told).toEqual([full]);
  mkdirSync(join(directory, 'probe/in-the-way'), { recursive: true });
  due.shift()?.();
  await Promise.resolve();
  expect(back()).toBe(false);
  rmSync(join(directory, 'probe'), { recursive: true });
  due.shift()?.();
  await Promise.resolve();
  expect(back()).toBe(true);
  expect(readdirSync(directory)).toEqual([]);
});

test('writes that succeed, or come after the end of a journal, are no failure of the disk', () => {
  expect(watched(null).due).toEqual([]);
  expect(watched(new JournalError('JOURNAL_CLOSED', 'closed')).due).toEqual([]);
});

test('nothing is looked for any more when the watch ends', () => {
  const { due, watch } = watched(full);
  expect(due).toHaveLength(1);
  watch.stop();
  expect(due).toEqual([]);
});
