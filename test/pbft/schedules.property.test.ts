import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Broken, type Faulty, playSchedule } from './schedule.ts';

/**
 * Whole clusters under schedules that fast-check draws and shrinks. A schedule is a list of
 * transcript commands: a counterexample can be saved as a transcript as it is. `$L` stands for a
 * liar.
 */
// While mutants are hunted nobody reads a counterexample, so none is shrunk.
fc.configureGlobal({ seed: 1999, endOnFailure: process.env.HUNTING === '1' });

const replica = fc.nat(6);
const nth = fc.nat(60);
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
const timer = fc.constantFrom('request', 'viewChange', 'status', 'fetch');
const view = fc.nat(4);
const sequence = fc.integer({ min: 1, max: 6 });

const friendly = [
  {
    weight: 4,
    arbitrary: fc.tuple(name, replica).map(([n, r]) => `request "${n}" to ${r}`),
  },
  { weight: 4, arbitrary: name.map((n) => `request "${n}"`) },
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 40 }).map((n) => `deliver first ${n}`) },
  { weight: 4, arbitrary: nth.map((n) => `deliver nth ${n}`) },
  { weight: 4, arbitrary: fc.constant('stabilize') },
];
const hostile = [
  { weight: 3, arbitrary: nth.map((n) => `drop nth ${n}`) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }).map((n) => `drop first ${n}`) },
  { weight: 1, arbitrary: replica.map((r) => `drop to ${r}`) },
  { weight: 2, arbitrary: nth.map((n) => `duplicate nth ${n}`) },
  { weight: 3, arbitrary: fc.tuple(timer, replica).map(([t, r]) => `timeout ${t} ${r}`) },
  { weight: 3, arbitrary: timer.map((t) => `timeout ${t} 0 1 2 3 4 5 6`) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3000 }).map((ms) => `pass ${ms}`) },
  { weight: 1, arbitrary: replica.map((r) => `crash ${r}`) },
  {
    weight: 2,
    arbitrary: fc.tuple(replica, fc.integer({ min: 1, max: 12 })).map(([r, k]) => {
      return `crash ${r} after ${k}`;
    }),
  },
  { weight: 3, arbitrary: replica.map((r) => `restart ${r}`) },
  { weight: 1, arbitrary: fc.constant('crash 0 1 2 3 4 5 6') },
  { weight: 1, arbitrary: fc.constant('restart 0 1 2 3 4 5 6') },
];
const amnesia = [{ weight: 1, arbitrary: replica.map((r) => `restart ${r} disk=lost`) }];
const twisted = fc.constantFrom(
  'hidden fewVotes voteTwice primaryVotes forgedVote ownHeader descending sameTwice'.split(' '),
);
const lies = [
  {
    weight: 4,
    arbitrary: fc.tuple(view, sequence, name, replica).map(([v, s, n, r]) => {
      return `forge prePrepare by $L v${v} s${s} batch "${n}" to ${r}`;
    }),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(view, sequence, name, replica).map(([v, s, n, r]) => {
      return `forge prepare by $L v${v} s${s} batch "${n}" to ${r}`;
    }),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(view, sequence, name).map(([v, s, n]) => {
      return `forge commit by $L v${v} s${s} batch "${n}"`;
    }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(view, twisted, replica).map(([v, wrong, r]) => {
      return `forge viewChange by $L v${v + 1} with ${wrong[v % wrong.length]} to ${r}`;
    }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(view, replica).map(([v, r]) => {
      return `forge viewChange by $L v${v + 1} with hidden to ${r}`;
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(view, fc.constantFrom('omission', 'otherBatch', 'fewChanges', 'lyingChange'), replica)
      .map(([v, wrong, r]) => `forge newView by $L v${v + 1} with ${wrong} to ${r}`),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(sequence, replica).map(([s, r]) => {
      return `forge checkpoint by $L s${s} with otherState to ${r}`;
    }),
  },
];

const size = fc.constantFrom(4, 4, 4, 5, 6, 7);

function check(n: number, faulty: Faulty, schedule: readonly string[]): void {
  const outcome = playSchedule(n, faulty, schedule);
  if (outcome.broken === null) return;
  throw new Broken(`${outcome.broken}\nreplay:\n${outcome.played.join('\n\n')}\n`);
}

describe('any schedule', () => {
  it('of loss, doubling, reordering and crashes leaves agreement, and then progress', () => {
    const action = fc.oneof(...friendly, ...hostile, ...amnesia);
    const actions = fc.array(action, { maxLength: 80, size: 'max' });
    fc.assert(
      fc.property(size, actions, (n, schedule) => check(n, {}, schedule)),
      { numRuns: 80 },
    );
  });

  it('after which f replicas stay away leaves agreement, and then progress', () => {
    const actions = fc.array(fc.oneof(...friendly, ...hostile), { maxLength: 80, size: 'max' });
    fc.assert(
      fc.property(size, actions, (n, schedule) => check(n, { silent: 'f' }, schedule)),
      { numRuns: 80 },
    );
  });

  it('with f liars besides leaves agreement, and convicts nobody else', () => {
    const action = fc.oneof(...friendly, ...hostile, ...amnesia, ...lies);
    const actions = fc.array(action, { maxLength: 80, size: 'max' });
    fc.assert(
      fc.property(size, actions, (n, schedule) => check(n, { liars: 'f' }, schedule)),
      { numRuns: 120 },
    );
  });

  it('is judged: a cluster with one liar too many is caught diverging', () => {
    const divided = [
      'forge prePrepare by 0 v0 s1 batch "a" to 2',
      'forge prePrepare by 0 v0 s1 batch "b" to 3',
      'forge prepare by 1 v0 s1 batch "a" to 2',
      'forge prepare by 1 v0 s1 batch "b" to 3',
      'forge commit by 0 v0 s1 batch "a" to 2',
      'forge commit by 1 v0 s1 batch "a" to 2',
      'forge commit by 0 v0 s1 batch "b" to 3',
      'forge commit by 1 v0 s1 batch "b" to 3',
    ];
    expect(playSchedule(4, { liars: 2 }, divided).broken).toMatch('diverged at 1');
  });
});
