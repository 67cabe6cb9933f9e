import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LevelJournal } from '../../src/runtime/level-journal.ts';
import { crc32c, damageIn } from '../../src/runtime/level-log.ts';
import type { Journal } from '../../src/runtime/ports.ts';
import { contents, journalContract, load, put, write } from './journal-contract.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hypermesh-journal-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Closes the journal and reads its directory as the next process would. */
async function reopened(journal: Journal): Promise<Record<string, number[]>> {
  await (journal as LevelJournal).close();
  const next = await LevelJournal.open(directory);
  try {
    return await contents(next);
  } finally {
    await next.close();
  }
}

journalContract(
  'level journal',
  async () => {
    const journal = await LevelJournal.open(directory);
    return { journal, dispose: () => journal.close() };
  },
  reopened,
);

/** A closed journal with three entries. */
async function prepared(): Promise<void> {
  const journal = await LevelJournal.open(directory);
  await load(journal);
  await write(journal, put('a', 1), put('b', 2), put('c', 3));
  await journal.close();
}

async function loadError(): Promise<unknown> {
  const journal = await LevelJournal.open(directory);
  try {
    return await load(journal).then(
      () => 'loaded',
      (error: unknown) => error,
    );
  } finally {
    await journal.close();
  }
}

test.each([
  {
    why: 'a bit of a value flipped',
    damage: async (db: Level<string, Uint8Array>) => {
      const stored = (await db.get('b')) as Uint8Array;
      stored[stored.length - 1]! ^= 1;
      await db.put('b', stored);
    },
  },
  {
    why: 'a value cut short',
    damage: async (db: Level<string, Uint8Array>) => {
      await db.put('b', ((await db.get('b')) as Uint8Array).subarray(0, 5));
    },
  },
  {
    why: 'a value moved under another key',
    damage: async (db: Level<string, Uint8Array>) => {
      await db.put('a', (await db.get('b')) as Uint8Array);
    },
  },
  {
    why: 'an entry gone',
    damage: (db: Level<string, Uint8Array>) => db.del('b'),
  },
  {
    why: 'the tally gone',
    damage: (db: Level<string, Uint8Array>) => db.del('\u0000tally'),
  },
  {
    why: 'everything but the tally gone',
    damage: (db: Level<string, Uint8Array>) => db.clear({ gte: ' ' }),
  },
])('level journal: does not load with $why', async ({ damage }) => {
  await prepared();
  const db = new Level<string, Uint8Array>(directory, { valueEncoding: 'view' });
  await damage(db);
  await db.close();
  expect(await loadError()).toMatchObject({ name: 'JournalError', code: 'JOURNAL_CORRUPT' });
});

test('the checksum of the log is CRC-32C', () => {
  // RFC 3720 appendix B.4.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

/** Bytes and name of the write-ahead log of three separate writes, the last of them long. */
async function writtenLog(): Promise<{ readonly file: string; readonly bytes: Buffer }> {
  const journal = await LevelJournal.open(directory);
  await load(journal);
  for (const one of [put('a', 1), put('b', 2), put('c', 3), put('d', ...Array(50_000).fill(7))]) {
    await write(journal, one);
  }
  await journal.close();
  const file = (await readdir(directory)).find((name) => name.endsWith('.log')) as string;
  return { file, bytes: await readFile(join(directory, file)) };
}

test('a log is found whole as it was written, and whole when its end is missing', async () => {
  const { bytes } = await writtenLog();
  expect(bytes.length).toBeGreaterThan(50_000); // records in parts, over more than one block
  expect(damageIn(bytes)).toBeNull();
  for (let length = 0; length < bytes.length; length += 997) {
    expect(damageIn(bytes.subarray(0, length)), `cut to ${length}`).toBeNull();
  }
});

test('a flipped bit anywhere in the log before its last record is found', async () => {
  const { bytes } = await writtenLog();
  const missed: number[] = [];
  for (let at = 0; at < bytes.length; at += at < 600 ? 1 : 1009) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x40;
    if (damageIn(damaged) === null) missed.push(at);
  }
  expect(missed).toEqual([]);
});

test('level journal: does not open over a damaged log, which LevelDB itself would', async () => {
  const { file, bytes } = await writtenLog();
  const other = join(directory, 'copy');
  await mkdir(other);
  for (const name of await readdir(directory)) {
    if (name === 'copy') continue;
    await writeFile(join(other, name), await readFile(join(directory, name)));
  }
  bytes[20]! ^= 1;
  await writeFile(join(other, file), bytes);
  const opened = LevelJournal.open(other);
  await expect(opened).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
  const db = new Level<string, Uint8Array>(other, { valueEncoding: 'view' });
  await db.open();
  expect(await db.get('a')).toBeUndefined(); // lost without a word
  await db.close();
});

test('level journal: a second process cannot open it', async () => {
  const journal = await LevelJournal.open(directory);
  try {
    await expect(LevelJournal.open(directory)).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
  } finally {
    await journal.close();
  }
});

test('level journal: close waits for what was written, and refuses what comes after', async () => {
  const journal = await LevelJournal.open(directory);
  await load(journal);
  const errors: (Error | null)[] = [];
  journal.write(put('a', 1), (error) => errors.push(error));
  journal.write(put('b', 2), (error) => errors.push(error));
  await journal.close();
  expect(errors).toEqual([null, null]);
  await expect(write(journal, put('c', 3))).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' });
  const next = await LevelJournal.open(directory);
  expect(await contents(next)).toEqual({ a: [1], b: [2] });
  await next.close();
});

test('level journal: after a failed write no later one succeeds', async () => {
  const journal = await LevelJournal.open(directory);
  await load(journal);
  const db = (journal as unknown as { db: Level<string, Uint8Array> }).db;
  const batch = db.batch;
  db.batch = (() => Promise.reject(new Error('disk full'))) as unknown as typeof batch;
  await expect(write(journal, put('a', 1))).rejects.toMatchObject({ code: 'JOURNAL_IO' });
  db.batch = batch;
  await expect(write(journal, put('b', 2))).rejects.toThrow('disk full');
  await journal.close();
});

test('level journal: writes handed in while one is in flight share one disk write', async () => {
  const journal = await LevelJournal.open(directory);
  await load(journal);
  const db = (journal as unknown as { db: Level<string, Uint8Array> }).db;
  const batch = db.batch.bind(db) as (...args: unknown[]) => Promise<void>;
  const groups: { size: number; sync: unknown }[] = [];
  db.batch = ((operations: unknown[], options: { sync?: boolean }) => {
    groups.push({ size: operations.length, sync: options.sync });
    return batch(operations, options);
  }) as unknown as typeof db.batch;
  const { promise, resolve } = Promise.withResolvers<void>();
  journal.write(put('a', 1), () => {});
  queueMicrotask(() =>
    queueMicrotask(() => {
      for (let i = 0; i < 9; i++) journal.write(put(`b${i}`, i), () => {});
      journal.write(put('c', 3), () => resolve());
    }),
  );
  await promise;
  // One more operation in each group: the tally.
  expect(groups).toEqual([
    { size: 2, sync: true },
    { size: 11, sync: true },
  ]);
  await journal.close();
});
