import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSoundJournal } from '../../src/runtime/sound-journal.ts';
import { contents, load, put, write } from './journal-contract.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hypermesh-sound-'));
  path = join(directory, 'journal');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function written(): Promise<void> {
  const { journal } = await openSoundJournal(path);
  await load(journal);
  await write(journal, put('a', 1), put('b', 2));
  await journal.close();
}

async function damage(): Promise<void> {
  const db = new Level<string, Uint8Array>(path, { valueEncoding: 'view' });
  await db.put('a', Uint8Array.of(1, 2, 3));
  await db.close();
}

test('a sound journal gives what was written, and nothing is moved aside', async () => {
  await written();
  const { journal, damaged } = await openSoundJournal(path);
  expect(damaged).toBeNull();
  expect(await contents(journal)).toEqual({ a: [1], b: [2] });
  await journal.close();
  expect(await readdir(directory)).toEqual(['journal']);
});

test('a damaged one is moved aside whole, and an empty one takes its place', async () => {
  await written();
  await damage();
  const { journal, damaged } = await openSoundJournal(path);
  expect(damaged).toEqual({
    reason: 'journal entry "a" is damaged',
    movedTo: join(directory, 'journal.damaged-1'),
  });
  expect(await contents(journal)).toEqual({});
  await journal.close();
  const aside = new Level<string, Uint8Array>(`${path}.damaged-1`, { valueEncoding: 'view' });
  expect([...((await aside.get('a')) ?? [])]).toEqual([1, 2, 3]);
  await aside.close();
});

test('a journal that was put in its place can be damaged too, up to eight times', async () => {
  for (let i = 0; i < 8; i++) {
    await written();
    await damage();
    await (await openSoundJournal(path)).journal.close();
  }
  await written();
  await damage();
  await expect(openSoundJournal(path)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
  expect((await readdir(directory)).sort()).toEqual([
    'journal',
    ...Array.from({ length: 8 }, (_, i) => `journal.damaged-${i + 1}`),
  ]);
});

test('one that another process uses is left alone', async () => {
  const { journal } = await openSoundJournal(path);
  await expect(openSoundJournal(path)).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
  await journal.close();
  expect(await readdir(directory)).toEqual(['journal']);
});
