import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FleetFaults } from '../../src/cluster/fleet-faults.ts';
import { Timeline, type Victims } from '../../src/cluster/timeline.ts';
import type { TimelineEvent } from '../../src/scenario/scenario.ts';
import { scenarioWith } from './fixtures.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function playing(...timeline: TimelineEvent[]) {
  return playingSince(0, ...timeline);
}

function playingSince(elapsedMs: number, ...timeline: TimelineEvent[]) {
  const done: string[] = [];
  const faults: string[] = [];
  const errors: unknown[] = [];
  const pending: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  const later = (what: string) => {
    done.push(what);
    return new Promise<void>((resolve, reject) => pending.push({ resolve, reject }));
  };
  const victims: Victims = {
    crash: (replica) => later(`crash ${replica}`),
    restart: (replica, disk) => later(`restart ${replica} ${disk}`),
    partition: (groups) => void done.push(`partition ${JSON.stringify(groups)}`),
    heal: () => void done.push('heal'),
    setLinkLoss: (from, to, loss) => void done.push(`link ${from} ${to} ${loss}`),
    setClockOffset: (replica, offsetMs) => void done.push(`clock ${replica} ${offsetMs}`),
  };
  const onFault = ({ what }: { what: string }) => void faults.push(what);
  const readmit = (replica: number, told: (outcome: string) => void) => {
    void later(`readmit ${replica}`).then(() => told(`replica ${replica} is readmitted`));
  };
  const timeline_ = new Timeline(victims, readmit, onFault, (error) => errors.push(error));
  timeline_.start(scenarioWith({ timeline }), elapsedMs);
  return { timeline: timeline_, done, faults, errors, pending };
}

const split = [
  [0, 1],
  [2, 3],
];

test('everything happens at its time and is told', async () => {
  const { timeline, done, faults, pending } = playing(
    { type: 'crash', atMs: 10, replica: 2 },
    { type: 'restart', atMs: 20, replica: 2, disk: 'lost' },
    { type: 'clock', atMs: 30, replica: 1, offsetMs: 500 },
    { type: 'partition', atMs: 40, groups: split, forMs: null },
    { type: 'heal', atMs: 50 },
  );
  vi.advanceTimersByTime(9);
  expect(done).toEqual([]);
  vi.advanceTimersByTime(11);
  expect(done).toEqual(['crash 2', 'restart 2 lost']);
  vi.advanceTimersByTime(30);
  expect(done.slice(2)).toEqual(['clock 1 500', 'partition [[0,1],[2,3]]', 'heal']);
  expect(faults).toEqual(['crash', 'restart', 'clock', 'partition', 'heal']);
  expect(timeline.played).toBe(false); // the restart is still under way
  for (const { resolve } of pending) resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(timeline.played).toBe(true);
});

test('`for` ends a fault, and until then the timeline is not played', () => {
  const { timeline, done } = playing(
    { type: 'partition', atMs: 10, groups: split, forMs: 20 },
    { type: 'link', atMs: 10, from: 0, to: 1, loss: 0.5, forMs: 30 },
  );
  vi.advanceTimersByTime(10);
  expect(timeline.played).toBe(false);
  vi.advanceTimersByTime(20);
  expect(done).toEqual(['partition [[0,1],[2,3]]', 'link 0 1 0.5', 'heal']);
  vi.advanceTimersByTime(10);
  expect(done.at(-1)).toBe('link 0 1 0');
  expect(timeline.played).toBe(true);
});

test('`for` of an earlier fault does not end the one that took its place', () => {
  const { done } = playing(
    { type: 'partition', atMs: 0, groups: split, forMs: 20 },
    { type: 'partition', atMs: 10, groups: [[0], [1, 2, 3]], forMs: null },
    { type: 'link', atMs: 0, from: 0, to: 1, loss: 1, forMs: 20 },
    { type: 'link', atMs: 10, from: 0, to: 1, loss: 0.5, forMs: null },
    { type: 'link', atMs: 10, from: 1, to: 0, loss: 0.5, forMs: 5 },
  );
  vi.advanceTimersByTime(100);
  expect(done).not.toContain('heal');
  expect(done).not.toContain('link 0 1 0');
  expect(done).toContain('link 1 0 0');
});

test('a timeline that starts late plays what is overdue at once and the rest at its time', () => {
  const { done } = playingSince(
    15,
    { type: 'clock', atMs: 10, replica: 0, offsetMs: 1 },
    { type: 'clock', atMs: 20, replica: 1, offsetMs: 1 },
  );
  vi.advanceTimersByTime(4);
  expect(done).toEqual(['clock 0 1']);
  vi.advanceTimersByTime(1);
  expect(done).toEqual(['clock 0 1', 'clock 1 1']);
});

test('a stopped timeline does nothing more', () => {
  const { timeline, done } = playing({ type: 'heal', atMs: 10 });
  timeline.stop();
  vi.advanceTimersByTime(100);
  expect(done).toEqual([]);
  expect(timeline.played).toBe(true);
});

test('a restart that fails is an error of the run', async () => {
  const { errors, pending } = playing({ type: 'restart', atMs: 0, replica: 0, disk: 'kept' });
  vi.advanceTimersByTime(0);
  pending[0]?.reject(new Error('no disk'));
  await vi.advanceTimersByTimeAsync(0);
  expect(errors).toEqual([new Error('no disk')]);
});

test.each([
  { why: 'apart from the other group', groups: split, replica: 0, cut: [2, 3] },
  { why: 'in no group stands alone', groups: [[0, 1]], replica: 2, cut: [0, 1, 3] },
  { why: 'with a group stays with it only', groups: [[0, 1]], replica: 1, cut: [2, 3] },
  {
    why: 'in one group with all is cut off from none',
    groups: [[0, 1, 2, 3]],
    replica: 3,
    cut: [],
  },
])('in a partition a replica $why', ({ groups, replica, cut }) => {
  const faults = new FleetFaults(4);
  faults.partition(groups);
  const addresses = cut.map((index) => `replica-${index}`);
  expect(faults.cutOffOf(replica)).toEqual({ type: 'cutOff', addresses });
  faults.heal();
  expect(faults.cutOffOf(replica)).toEqual({ type: 'cutOff', addresses: [] });
});
