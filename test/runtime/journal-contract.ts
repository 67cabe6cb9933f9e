import { expect, test } from 'vitest';
import type { Journal, JournalEntry, JournalWrite } from '../../src/runtime/ports.ts';

/** A fresh, empty journal and how to get rid of it. */
export type JournalFactory = () => Promise<{ journal: Journal; dispose(): Promise<void> }>;

export function put(key: string, ...value: number[]): JournalWrite {
  return { puts: [{ key, value: Uint8Array.from(value) }], deletes: [] };
}

export function write(journal: Journal, ...writes: JournalWrite[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = writes.length;
  for (const one of writes) {
    journal.write(one, (error) => {
      if (error !== null) reject(error);
      else if (--left === 0) resolve();
    });
  }
  return promise;
}

export function load(journal: Journal): Promise<readonly JournalEntry[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly JournalEntry[]>();
  journal.load((error, entries) => (error === null ? resolve(entries) : reject(error)));
  return promise;
}

export async function contents(journal: Journal): Promise<Record<string, number[]>> {
  const entries = await load(journal);
  return Object.fromEntries(entries.map(({ key, value }) => [key, [...value]]));
}

/**
 * What every {@link Journal} does. `reread` gives the contents as a process sees them that comes
 * after; journals that do not outlive their process pass null.
 */
export function journalContract(
  name: string,
  make: JournalFactory,
  reread: ((journal: Journal) => Promise<Record<string, number[]>>) | null,
): void {
  const withJournal = async (body: (journal: Journal) => Promise<void>) => {
    const { journal, dispose } = await make();
    try {
      await body(journal);
    } finally {
      await dispose();
    }
  };
  const seen = reread ?? contents;

  test(`${name}: a new journal is empty`, () =>
    withJournal(async (journal) => expect(await load(journal)).toEqual([])));

  test(`${name}: confirms later than the call and in the order of the calls`, () =>
    withJournal(async (journal) => {
      await load(journal);
      const confirmed: number[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      for (let i = 0; i < 20; i++) {
        journal.write(put(`k${i}`, i), (error) => {
          expect(error).toBeNull();
          confirmed.push(i);
          if (i === 19) resolve();
        });
      }
      expect(confirmed).toEqual([]);
      await promise;
      expect(confirmed).toEqual(Array.from({ length: 20 }, (_, i) => i));
    }));

  test(`${name}: a write made while another is confirmed is confirmed after it`, () =>
    withJournal(async (journal) => {
      await load(journal);
      const order: string[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      journal.write(put('a'), () => {
        order.push('a');
        journal.write(put('c'), () => resolve(void order.push('c')));
      });
      journal.write(put('b'), () => order.push('b'));
      await promise;
      expect(order).toEqual(['a', 'b', 'c']);
    }));

  test.each([
    {
      why: 'the last put of a key counts',
      writes: [put('a', 1), put('a', 2)],
      left: { a: [2] },
    },
    {
      why: 'a range is half-open',
      writes: [put('a'), put('b'), put('c'), { puts: [], deletes: [{ from: 'a', to: 'c' }] }],
      left: { c: [] },
    },
    {
      why: 'deletes of a write come before its puts',
      writes: [
        put('a', 1),
        { puts: [{ key: 'a', value: Uint8Array.of(9) }], deletes: [{ from: 'a', to: 'b' }] },
      ],
      left: { a: [9] },
    },
    {
      why: 'what was deleted may be put again',
      writes: [put('a', 1), { puts: [], deletes: [{ from: '', to: 'z' }] }, put('a', 3)],
      left: { a: [3] },
    },
    {
      why: 'an empty range deletes nothing',
      writes: [put('a', 1), { puts: [], deletes: [{ from: 'b', to: 'b' }] }],
      left: { a: [1] },
    },
  ])(`${name}: $why`, ({ writes, left }) =>
    withJournal(async (journal) => {
      if (reread !== null) await load(journal);
      await write(journal, ...writes);
      expect(await seen(journal)).toEqual(left);
    }),
  );

  test(`${name}: loads in bytewise key order`, () =>
    withJournal(async (journal) => {
      if (reread !== null) await load(journal);
      await write(journal, put('b'), put('a10'), put('Z'), put('a9'), put('~'));
      expect(Object.keys(await seen(journal))).toEqual(['Z', 'a10', 'a9', 'b', '~']);
    }));

  test(`${name}: keeps its own copy of a value`, () =>
    withJournal(async (journal) => {
      if (reread !== null) await load(journal);
      const value = Uint8Array.of(1, 2, 3);
      const written = write(journal, { puts: [{ key: 'a', value }], deletes: [] });
      await written;
      value.fill(0);
      expect(await seen(journal)).toEqual({ a: [1, 2, 3] });
    }));

  test(`${name}: refuses keys that other journals would sort differently`, () =>
    withJournal(async (journal) => {
      await load(journal);
      expect(() => journal.write(put('ключ'), () => {})).toThrow('journal key');
    }));
}
