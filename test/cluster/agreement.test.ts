import { expect, test } from 'vitest';
import { AgreementChecker } from '../../src/cluster/agreement.ts';
import { Standing } from '../../src/cluster/standing.ts';
import type { RunEvent } from '../../src/scenario/trace.ts';

type Changes = Partial<{ batchDigest: string; timestamp: number; stateDigest: string }>;

function decided(replica: number, sequence: number, changes: Changes = {}): RunEvent {
  const same = { atMs: 7, view: 0, batchDigest: 'aa', timestamp: 100, operations: [] };
  return { type: 'decided', replica, sequence, ...same, ...changes };
}

function executed(replica: number, sequence: number, changes: Changes = {}): RunEvent {
  const same = { atMs: 7, resultsRoot: 'bb', stateDigest: `state ${sequence}` };
  return { type: 'executed', replica, sequence, ...same, ...changes };
}

function installed(replica: number, sequence: number, stateDigest = `state ${sequence}`): RunEvent {
  return { type: 'installed', atMs: 7, replica, sequence, stateDigest };
}

test.each([
  { why: 'another batch', event: decided(2, 5, { batchDigest: 'cc' }) },
  { why: 'another time for the same batch', event: decided(2, 5, { timestamp: 101 }) },
  { why: 'another state', event: executed(2, 5, { stateDigest: 'dd' }) },
  { why: 'another state fetched from others', event: installed(2, 5, 'dd') },
])('two correct replicas that report $why for one sequence have diverged', ({ event }) => {
  const checker = new AgreementChecker([3]);
  for (const before of [decided(1, 5), executed(1, 5), decided(0, 5), executed(0, 5)]) {
    expect(checker.judge(before)).toBeNull();
  }
  expect(checker.judge(event)).toMatchObject({
    checker: 'agreement',
    sequence: 5,
    replicas: [1, 2],
    atMs: 7,
  });
});

test.each([
  { why: 'agree', events: [decided(0, 1), decided(1, 1), executed(0, 1), executed(1, 1)] },
  {
    why: 'decide in different views',
    events: [decided(0, 1), { ...decided(1, 1), view: 3 } as RunEvent],
  },
  { why: 'differ in sequence', events: [decided(0, 1), decided(1, 2, { batchDigest: 'cc' })] },
  {
    why: 'are contradicted by an adversary only',
    events: [decided(3, 1, { batchDigest: 'cc' }), decided(0, 1), decided(1, 1)],
  },
])('replicas that $why have not diverged', ({ events }) => {
  const checker = new AgreementChecker([3]);
  expect(events.map((event) => checker.judge(event))).toEqual(events.map(() => null));
});

test('the digest of the decisions does not depend on the order they are told in', () => {
  const digestOf = (...events: RunEvent[]) => {
    const checker = new AgreementChecker([]);
    for (const event of events) checker.judge(event);
    return checker.decisionsDigest;
  };
  const other = decided(0, 2, { batchDigest: 'cc' });
  expect(digestOf(decided(0, 1), other)).toBe(digestOf(other, decided(1, 1), decided(0, 1)));
  expect(digestOf(decided(0, 1), other)).not.toBe(digestOf(decided(0, 1), decided(0, 2)));
  expect(digestOf(decided(0, 1))).not.toBe(digestOf());
});

function standingAfter(...events: RunEvent[]): Standing {
  const standing = new Standing();
  for (const event of events) standing.note(event);
  return standing;
}

function fault(what: 'crash' | 'restart', replica: number): RunEvent {
  return { type: 'fault', atMs: 7, what, replicas: [replica], detail: '' };
}

const restarted = [executed(0, 4), executed(1, 4), fault('crash', 2), fault('restart', 2)];

test.each([
  { why: 'ran up to the newest state', events: [...restarted, executed(2, 4)], recovered: [2] },
  { why: 'fetched the newest state', events: [...restarted, installed(2, 4)], recovered: [2] },
  { why: 'lags behind', events: [...restarted, executed(2, 3)], recovered: [] },
  {
    why: 'holds another state',
    events: [...restarted, executed(2, 4, { stateDigest: 'dd' })],
    recovered: [],
  },
  { why: 'has said nothing since', events: [executed(2, 4), ...restarted], recovered: [] },
  { why: 'was never restarted', events: [executed(0, 4), executed(2, 4)], recovered: [] },
])('of a restarted replica that $why, recovered is $recovered', ({ events, recovered }) => {
  expect(standingAfter(...events).recovered([0, 1, 2])).toEqual(recovered);
});

test('replicas have settled when all that take part hold the newest state', () => {
  const behind = [executed(0, 4), executed(1, 4), executed(2, 3)];
  expect(standingAfter(...behind).settled([0, 1, 2])).toBe(false);
  expect(standingAfter(...behind).settled([0, 1])).toBe(true);
  expect(standingAfter(...behind, executed(2, 4)).settled([0, 1, 2])).toBe(true);
  expect(standingAfter().settled([0, 1, 2])).toBe(true);
});

test('isolated is whom the newest state says was convicted, as last heard of it', () => {
  const says = (replica: number, ...isolated: readonly number[]): RunEvent => {
    return { type: 'isolated', atMs: 7, replica, isolated };
  };
  const events = [executed(0, 3), executed(1, 4), says(0, 2)];
  expect(standingAfter(...events).isolated([0, 1])).toEqual([]);
  expect(standingAfter(...events, says(1, 3)).isolated([0, 1])).toEqual([3]);
  expect(standingAfter(...events, says(1, 3), says(1)).isolated([0, 1])).toEqual([]);
  const reborn = [says(1, 3), fault('restart', 1)];
  expect(standingAfter(...events, ...reborn, executed(1, 5)).isolated([0, 1])).toEqual([]);
});
