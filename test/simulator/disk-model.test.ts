import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import type { Journal } from '../../src/runtime/ports.ts';
import { DiskModel } from '../../src/simulator/disk-model.ts';
import { Scheduler } from '../../src/simulator/virtual-time.ts';
import { journalContract, put } from '../runtime/journal-contract.ts';

/**
 * Virtual time that runs by itself: whenever something is asked of the journal, all of it happens.
 */
function selfRunning(scheduler: Scheduler, journal: Journal): Journal {
  const runLater = () => queueMicrotask(() => runAll(scheduler));
  return {
    write: (write, done) => {
      journal.write(write, done);
      runLater();
    },
    load: (done) => {
      journal.load(done);
      runLater();
    },
  };
}

function runAll(scheduler: Scheduler): void {
  while (scheduler.step());
}

describe('the disk model is a journal', () => {
  journalContract(
    'disk model',
    async () => {
      const scheduler = new Scheduler();
      const disk = new DiskModel(scheduler, new Random(1), 2);
      return { journal: selfRunning(scheduler, disk.mount()), dispose: async () => {} };
    },
    null,
  );
});

function makeDisk(seed = 1) {
  const scheduler = new Scheduler();
  const disk = new DiskModel(scheduler, new Random(seed), 2);
  const keys = () => {
    const found: string[] = [];
    disk.mount().load((_, entries) => found.push(...entries.map(({ key }) => key)));
    runAll(scheduler);
    return found;
  };
  return { scheduler, disk, keys };
}

describe('durability', () => {
  test('takes virtual time, and a second write joins the sync after the first', () => {
    const { scheduler, disk } = makeDisk();
    const journal = disk.mount();
    const done: [string, number][] = [];
    for (const key of ['a', 'b', 'c']) {
      journal.write(put(key), () => done.push([key, scheduler.nowUs]));
    }
    expect(done).toEqual([]);
    runAll(scheduler);
    const [a, b, c] = done.map(([, atUs]) => atUs) as [number, number, number];
    expect(a).toBeGreaterThanOrEqual(1000);
    expect(b).toBeGreaterThan(a);
    expect(c).toBe(b);
  });

  test('a crash keeps what was confirmed and confirms nothing more', () => {
    const { scheduler, disk, keys } = makeDisk();
    const journal = disk.mount();
    journal.write(put('a'), (error) => expect(error).toBeNull());
    runAll(scheduler);
    journal.write(put('b'), () => expect.unreachable());
    disk.crash();
    runAll(scheduler);
    expect(keys()).toContain('a');
  });

  test('of unconfirmed writes a crash leaves some prefix, sometimes all and sometimes none', () => {
    const survivors = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const { disk, keys } = makeDisk(seed);
      const journal = disk.mount();
      for (const key of ['a', 'b', 'c']) journal.write(put(key), () => expect.unreachable());
      disk.crash();
      survivors.add(keys().join(''));
    }
    expect([...survivors].toSorted()).toEqual(['', 'a', 'ab', 'abc']);
  });

  test('a journal of a crashed incarnation writes nothing', () => {
    const { scheduler, disk, keys } = makeDisk();
    const old = disk.mount();
    disk.crash();
    old.write(put('late'), () => expect.unreachable());
    runAll(scheduler);
    expect(keys()).toEqual([]);
  });

  test('a lost disk is empty', () => {
    const { scheduler, disk, keys } = makeDisk();
    disk.mount().write(put('a'), () => {});
    runAll(scheduler);
    disk.lose();
    expect(keys()).toEqual([]);
    expect(disk.sizeBytes).toBe(0);
  });

  test('after a write that failed none is taken until the disk is mounted again', () => {
    const { scheduler, disk, keys } = makeDisk();
    const journal = disk.mount();
    const outcomes: (string | undefined)[] = [];
    disk.failWrites(1);
    journal.write(put('a'), (error) => outcomes.push(error?.message));
    journal.write(put('b'), (error) => outcomes.push(error?.message));
    runAll(scheduler);
    const refused = 'injected: the disk refused the write';
    expect(outcomes).toEqual([refused, refused]);
    expect(keys()).toEqual([]);
    disk.mount().write(put('c'), (error) => outcomes.push(error?.message));
    runAll(scheduler);
    expect(outcomes).toEqual([refused, refused, undefined]);
    expect(keys()).toEqual(['c']);
  });
});
