import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { createReplica } from '../../src/pbft/create.ts';
import { batchDigest, headerDigest, seal } from '../../src/pbft/envelope.ts';
import type { Envelope, Message, PrePrepare, Statement } from '../../src/pbft/messages.ts';
import type { Input } from '../../src/pbft/replica.ts';
import { TestCluster } from './cluster.ts';

/** The one of seven that listens: a backup in views 0 and 1. */
const listener = 3;
const others = [0, 1, 2, 4, 5, 6];
const clusterOf = () => new TestCluster(7, {}, idealScheme);
const cluster = clusterOf();

function say<S extends Statement>(statement: S, by: number): Envelope<S> {
  return seal(statement, by, cluster.signer(by), cluster.validators.chainId);
}

function headerOf(sequence: number, name: string, view = 0): Envelope<PrePrepare> {
  const named = { view, sequence, batchDigest: batchDigest([utf8(name)]) };
  return say({ type: 'prePrepare', ...named, timestamp: cluster.nowMs }, view);
}

const first = headerOf(1, 'a');
const conflicting = headerOf(1, 'b');
const second = headerOf(2, 'c');
const later = headerOf(1, 'a', 1);

function proposal(header: Envelope<PrePrepare>, name: string): Message {
  return { type: 'prePrepare', header, batch: [utf8(name)] };
}

/** `named`: what the vote says, where that is not what the header is. */
function prepare(
  by: number,
  header = first,
  named: Partial<PrePrepare> = {},
  of = header,
): Message {
  const { view, sequence } = { ...header.statement, ...named };
  const statement = { view, sequence, headerDigest: headerDigest(of) };
  return { type: 'prepare', vote: say({ type: 'prepare', ...statement }, by), header };
}

function commit(by: number, header = first, named: Partial<PrePrepare> = {}): Message {
  const { view, sequence } = { ...header.statement, ...named };
  const statement = { view, sequence, headerDigest: headerDigest(header) };
  return { type: 'commit', vote: say({ type: 'commit', ...statement }, by) };
}

const viewChanges = others.map((by) => {
  return say({ type: 'viewChange', view: 1, stable: null, prepared: [] }, by);
});
const newView = say(
  { type: 'newView', view: 1, viewChanges: viewChanges.slice(0, 5), headers: [] },
  1,
);

const plain = [...others.slice(1).map((by) => prepare(by)), ...others.map((by) => commit(by))];
const odd: Message[] = [
  proposal(first, 'a'),
  proposal(conflicting, 'b'),
  proposal(second, 'c'),
  proposal(later, 'a'),
  prepare(0),
  ...[1, 2, 4].flatMap((by) => [prepare(by, conflicting), prepare(by, second), prepare(by, later)]),
  ...[1, 2, 4].flatMap((by) => [commit(by, conflicting), commit(by, second), commit(by, later)]),
  ...[1, 2].flatMap((by) => [prepare(by, first, { view: 1 }), prepare(by, first, { sequence: 2 })]),
  ...[1, 2].map((by) => prepare(by, first, {}, second)),
  ...[1, 2].flatMap((by) => [commit(by, first, { view: 1 }), commit(by, first, { sequence: 2 })]),
];
const ofViews: Message[] = [
  ...viewChanges.map((vote) => ({ type: 'viewChange', vote }) as const),
  { type: 'newView', vote: newView },
];

function from(message: Message): Input {
  return { type: 'receive', from: 'vote' in message ? message.vote.sender : 0, message };
}

const input = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...plain.map(from)) },
  { weight: 6, arbitrary: fc.constantFrom(...odd.map(from)) },
  { weight: 2, arbitrary: fc.constantFrom(...ofViews.map(from)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Input>(
      { type: 'isolated', replicas: [2] },
      { type: 'isolated', replicas: [] },
      { type: 'timeout', timer: 'request' },
      { type: 'timeout', timer: 'viewChange' },
      { type: 'timeout', timer: 'status' },
      { type: 'request', operation: utf8('a') },
    ),
  },
);

describe('votes that are counted', () => {
  it('lead to what steps would lead to, among whatever else arrives', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        const counting = clusterOf();
        const stepping = clusterOf();
        Object.assign(stepping.member(listener).replica, { counts: () => false });
        for (const one of [from(proposal(first, 'a')), ...inputs]) {
          expect(counting.step(listener, one)).toEqual(stepping.step(listener, one));
        }
        const { state } = counting.member(listener).replica;
        expect(state).toEqual(stepping.member(listener).replica.state);
      }),
      { numRuns: 1500 },
    );
  });

  it('need no step while nothing follows from them', () => {
    const { replica } = clusterOf().member(listener);
    replica.step(from(proposal(first, 'a')), cluster.nowMs);
    // The first prepare is this replica's own; four of them and the header, five commits.
    expect([1, 2, 4, 5].map((by) => replica.counts(prepare(by)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    replica.step(from(prepare(4)), cluster.nowMs);
    expect(replica.counts(prepare(5))).toBe(true);
    expect([0, 1, 2].map((by) => replica.counts(commit(by)))).toEqual([true, true, true]);
    expect(replica.counts(commit(4))).toBe(false);
    replica.step(from(commit(4)), cluster.nowMs);
    expect(replica.counts(commit(5))).toBe(true);
  });

  it('are none before the first input of a life', () => {
    const replica = createReplica(cluster.options(listener));
    expect(replica.counts(prepare(1))).toBe(false);
  });

  it('are none of a view that was left', () => {
    const { replica } = clusterOf().member(listener);
    replica.step(from(proposal(first, 'a')), cluster.nowMs);
    for (const by of [0, 1, 2]) {
      const vote = say({ type: 'viewChange', view: 2, stable: null, prepared: [] }, by);
      replica.step(from({ type: 'viewChange', vote }), cluster.nowMs);
    }
    expect(replica.state).toMatchObject({ view: 2, active: false });
    expect([replica.counts(prepare(1)), replica.counts(commit(1))]).toEqual([false, false]);
  });
});
