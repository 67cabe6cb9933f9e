import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type FixtureFleet,
  fixtureFleet,
  type Heard,
  isAlive,
  isThere,
  scenarioWith,
  until,
} from './fixtures.ts';

const running: FixtureFleet[] = [];
afterAll(async () => {
  await Promise.all(running.splice(0).map((fleet) => fleet.dispose()));
});

/** What is heard after now, as a growing list. */
function fromNow(heard: readonly Heard[]): () => readonly Heard[] {
  const start = heard.length;
  return () => heard.slice(start);
}

const farMs = 45_000_000;
const isFarOff = ({ nowMs }: Heard) => nowMs > Date.now() + farMs / 2;
const count = (list: readonly Heard[], by: number, from: number) =>
  list.filter((one) => one.by === by && one.from === `replica-${from}`).length;

// One fleet for all that leaves it whole: starting processes is what takes the time.
describe('a fleet', () => {
  let one: FixtureFleet;
  beforeAll(async () => {
    one = await fixtureFleet(scenarioWith());
    running.push(one);
    await one.fleet.start();
    await one.fleet.go(Date.now());
  });

  test('consists of a process per replica, each of which hears every other', async () => {
    const { fleet, directory, heard } = one;
    const pairs = [0, 1, 2, 3].flatMap((by) => [0, 1, 2, 3].map((from) => ({ by, from })));
    const others = pairs.filter(({ by, from }) => by !== from);
    await until(() => others.every(({ by, from }) => count(heard, by, from) > 0));
    expect(new Set(fleet.pids).size).toBe(4);
    expect(await readdir(directory.path)).toHaveLength(4);
    expect(fleet.ready).toEqual([0, 1, 2, 3]);
  });

  test('lets nothing through a partition, and everything when it heals', async () => {
    const { fleet, heard } = one;
    const groups = [
      [0, 1],
      [2, 3],
    ];
    fleet.partition(groups);
    // Beats that were under way arrive; from then on the same side only.
    const settling = fromNow(heard);
    await until(() => count(settling(), 2, 3) > 20 && count(settling(), 0, 1) > 20);
    const parted = fromNow(heard);
    await until(() => count(parted(), 2, 3) > 20 && count(parted(), 0, 1) > 20);
    expect(count(parted(), 2, 0) + count(parted(), 2, 1)).toBe(0);
    expect(count(parted(), 0, 2) + count(parted(), 0, 3)).toBe(0);
    fleet.heal();
    await until(() => count(parted(), 2, 0) > 0 && count(parted(), 0, 2) > 0);
  });

  test('loses frames of a failed link in one direction only', async () => {
    const { fleet, heard } = one;
    fleet.setLinkLoss(0, 3, 1);
    const settling = fromNow(heard);
    await until(() => count(settling(), 3, 1) > 20);
    const later = fromNow(heard);
    await until(() => count(later(), 3, 1) > 20 && count(later(), 0, 3) > 5);
    expect(count(later(), 3, 0)).toBe(0);
    fleet.setLinkLoss(0, 3, 0);
    await until(() => count(later(), 3, 0) > 0);
  });

  test('moves the clock of one replica and of no other', async () => {
    const { fleet, heard } = one;
    fleet.setClockOffset(1, farMs);
    await until(() => heard.some(isFarOff));
    expect(new Set(heard.filter(isFarOff).map(({ from }) => from))).toEqual(new Set(['replica-1']));
    fleet.setClockOffset(1, 0);
  });

  test('brings a crashed replica back over its disk, with the faults in force', async () => {
    const { fleet, heard, lost } = one;
    const pid = fleet.pids[2] as number;
    fleet.setLinkLoss(2, 0, 1);
    fleet.setClockOffset(2, farMs);
    await fleet.crash(2);
    expect(isAlive(pid)).toBe(false);
    expect(fleet.pids[2]).toBeNull();
    await fleet.restart(2, 'kept');
    await until(() => heard.some(({ by, boots }) => by === 2 && boots === 2));
    const since = fromNow(heard);
    await until(() => count(since(), 1, 2) > 20 && count(since(), 2, 0) > 0);
    expect(count(since(), 0, 2)).toBe(0);
    const beats = since().filter(({ by, from }) => by === 1 && from === 'replica-2');
    expect(beats.at(-1)).toSatisfy(isFarOff);
    const reborn = since().filter(({ by }) => by === 2);
    expect(reborn.at(-1)).toMatchObject({ boots: 2, ranBefore: false }); // its disk can tell
    expect(lost).toEqual([]); // it was the timeline's doing
    fleet.setLinkLoss(2, 0, 0);
    fleet.setClockOffset(2, 0);
  });

  test('gives a replica an empty disk for a lost one, and says that it ran before', async () => {
    const { fleet, heard } = one;
    await fleet.restart(1, 'lost');
    await until(() => heard.some(({ by, ranBefore }) => by === 1 && ranBefore));
    expect(heard.find(({ by, ranBefore }) => by === 1 && ranBefore)?.boots).toBe(1);
  });

  test('reports a replica that someone kills, and goes on without it', async () => {
    const { fleet, heard, lost } = one;
    process.kill(fleet.pids[3] as number, 'SIGKILL');
    await until(() => lost.length > 0);
    expect(lost).toEqual([{ replica: 3, detail: 'SIGKILL' }]);
    expect(fleet.ready).toEqual([0, 1, 2]);
    const since = fromNow(heard);
    await until(() => count(since(), 0, 1) > 5 && count(since(), 1, 2) > 5);
  });

  test('leaves no process and no file when it is stopped', async () => {
    const { fleet, directory, dispose } = one;
    const pids = fleet.pids.filter((pid) => pid !== null);
    expect(pids).toHaveLength(3);
    await fleet.stop();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(fleet.counters.delivered).toBeGreaterThan(100);
    await dispose();
    expect(isThere(directory.path)).toBe(false);
  });
});

test.each([
  { why: 'says so', description: 'replica 2 cannot start', detail: 'no wish to start' },
  { why: 'throws', description: 'replica 2 throws', detail: 'thrown in start' },
])('a replica that cannot start and $why fails the start in its own words', async (row) => {
  const one = await fixtureFleet(scenarioWith({ description: row.description }));
  running.push(one);
  await one.fleet.start();
  const pids = one.fleet.pids as number[];
  await expect(one.fleet.go(Date.now())).rejects.toThrow(
    new RegExp(`replica 2 failed: .*${row.detail}`),
  );
  await one.dispose();
  expect(pids.filter(isAlive)).toEqual([]);
});

test('a program that is not there fails the start and says so', async () => {
  const entry = new URL('./no-such-process.ts', import.meta.url);
  const one = await fixtureFleet(scenarioWith(), entry);
  running.push(one);
  await expect(one.fleet.start()).rejects.toThrow('no-such-process');
});
