import { expect, test } from 'vitest';
import { Sequence } from '../../src/prover/sequence.ts';
import type { Journal, JournalEntry, JournalWrite } from '../../src/runtime/ports.ts';

/** A disk whose writes happen when the test says so, or never. */
class HeldDisk implements Journal {
  readonly entries = new Map<string, Uint8Array>();
  readonly held: (() => void)[] = [];
  holds = false;
  failure: Error | null = null;

  load(done: (error: Error | null, entries: readonly JournalEntry[]) => void): void {
    done(
      null,
      [...this.entries].map(([key, value]) => ({ key, value })),
    );
  }

  write({ puts }: JournalWrite, done: (error: Error | null) => void): void {
    const { failure } = this;
    const write = (): void => {
      for (const { key, value } of failure === null ? puts : []) this.entries.set(key, value);
      done(failure);
    };
    if (this.holds) this.held.push(write);
    else write();
  }
}

test('No number is given twice, whatever was used before the crash', async () => {
  const disk = new HeldDisk();
  const used = new Set<number>();
  for (let start = 0; start < 5; start++) {
    const sequence = await Sequence.open(disk);
    for (let i = 0; i < start * 40_000; i++) {
      const next = sequence.next();
      if (used.has(next)) throw new Error(`${next} was used before`);
      used.add(next);
    }
  }
  expect(Math.min(...[...used].slice(0, 10))).toBe(65_537);
});

test('Nothing is given that a crash now would give again', async () => {
  const disk = new HeldDisk();
  const sequence = await Sequence.open(disk);
  disk.holds = true;
  const last = Array.from({ length: 60_000 }, () => sequence.next()).at(-1)!;
  const after = await (async () => {
    disk.holds = false;
    return Sequence.open(disk);
  })();
  expect(after.next()).toBeGreaterThan(last);
});

test('A disk that cannot be written gives no first number, and says so later', async () => {
  const disk = new HeldDisk();
  disk.failure = new Error('no space left');
  await expect(Sequence.open(disk)).rejects.toThrow('no space left');
  disk.failure = null;
  const sequence = await Sequence.open(disk);
  disk.failure = new Error('no space left');
  for (let i = 0; i < 40_000; i++) sequence.next();
  expect(sequence.broken?.message).toBe('no space left');
});

test('A record that is none stops the start', async () => {
  const disk = new HeldDisk();
  disk.entries.set('sequence/reserved', new Uint8Array([1, 2]));
  await expect(Sequence.open(disk)).rejects.toThrow(/sequence journal/);
});
