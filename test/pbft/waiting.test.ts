import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { requestDigest } from '../../src/pbft/envelope.ts';
import type { Message } from '../../src/pbft/messages.ts';
import { Alone, accused, sent } from './alone.ts';

const [a, b] = [utf8('a'), utf8('b')];
const types = (messages: readonly Message[]) => messages.map(({ type }) => type);
const tick = (alone: Alone) => sent(alone.step({ type: 'timeout', timer: 'status' }));

function proposes(alone: Alone, sequence: number, batch: Uint8Array[], view = 0): void {
  const header = alone.header(view, sequence, batch);
  alone.hear(view, { type: 'prePrepare', header, batch });
}

function entersViewOne(alone: Alone): void {
  alone.hear(1, { type: 'newView', vote: alone.newView(1) });
}

describe('a request that is withdrawn', () => {
  it('waits no longer, is passed on no more, and takes no room', () => {
    const alone = new Alone(2);
    alone.request(a);
    tick(alone);
    expect(alone.state.relayed.size).toBe(1);
    alone.step({ type: 'withdraw', operations: [a, b] });
    const { pending, pendingBytes, unproposed, relayed } = alone.state;
    expect([pending.size, pendingBytes, unproposed.size, relayed.size]).toEqual([0, 0, 0, 0]);
    expect(types(tick(alone))).not.toContain('request');
  });

  it('is not proposed', () => {
    const alone = new Alone(0);
    alone.step({ type: 'request', operation: a, more: true });
    alone.step({ type: 'withdraw', operations: [a] });
    const [proposal] = sent(alone.request(b));
    expect(proposal?.type === 'prePrepare' && proposal.batch).toEqual([b]);
  });
});

describe('a request that ran', () => {
  const ran = () => {
    const alone = new Alone(2);
    for (const operation of [a, b]) alone.request(operation);
    tick(alone);
    const message = { type: 'decided', certificate: alone.decided(1, 0, [a]), batch: [a] } as const;
    alone.step({ type: 'receive', from: 0, message });
    return alone;
  };

  it('takes no room any more', () => {
    const { pending, pendingBytes, relayed } = ran().state;
    expect([pending.size, pendingBytes, [...relayed.keys()]]).toEqual([1, 1, [requestDigest(b)]]);
  });

  it('does not stand in a batch again because a new view repeats it', () => {
    const alone = ran();
    const headers = [alone.header(1, 1, [a])];
    const prepared = [alone.prepared(1, 0, [a])];
    alone.hear(1, { type: 'newView', vote: alone.newView(1, headers, { prepared }) });
    expect(alone.state.slots.get(1)?.header?.statement.view).toBe(1);
    expect(alone.state.proposed.size).toBe(0);
  });
});

describe('a request that stood in a batch of the view before', () => {
  it('waits again, in its old place, and so does one that comes only now', () => {
    const alone = new Alone(2);
    alone.request(a);
    alone.request(b);
    proposes(alone, 1, [a]);
    proposes(alone, 2, [utf8('c')]);
    entersViewOne(alone);
    expect([...alone.state.unproposed]).toEqual([a, b].map(requestDigest));
    alone.request(utf8('c'));
    expect(alone.state.unproposed.size).toBe(3);
  });

  it('is new to the next primary', () => {
    const alone = new Alone(2);
    alone.request(a);
    tick(alone);
    entersViewOne(alone);
    expect(alone.state.relayed.size).toBe(0);
  });
});

describe('a request that stands in a batch above a state that was fetched', () => {
  const fetchesUpTo4 = (alone: Alone) => {
    alone.hear(0, { type: 'stableCheckpoint', certificate: alone.checkpoint(4) });
    tick(alone);
    const chunk = { sequence: 4, chunk: 0, chunks: 1, bytes: new Uint8Array(1) };
    alone.hear(0, { type: 'stateChunk', ...chunk });
    alone.hear(0, { type: 'stateChunk', ...chunk });
    const { replica } = alone.cluster.member(alone.index);
    replica.step({ type: 'installed', sequence: 4, ok: true }, alone.cluster.nowMs);
    expect(alone.state.lastExecuted).toBe(4);
  };

  it('does not run before the state is there', () => {
    const alone = new Alone(2);
    alone.hear(0, { type: 'stableCheckpoint', certificate: alone.checkpoint(4) });
    tick(alone);
    const chunk = { sequence: 4, chunk: 0, chunks: 1, bytes: new Uint8Array(1) };
    alone.hear(0, { type: 'stateChunk', ...chunk });
    expect(alone.state.transfer?.installing).toBe(true);
    alone.hear(0, { type: 'decided', certificate: alone.decided(1, 0, [a]), batch: [a] });
    expect(alone.state.lastHanded).toBe(0);
    const behind = new Alone(2, {}, { base: 8, behind: 2 });
    behind.hear(0, { type: 'decided', certificate: behind.decided(9, 0, [a]), batch: [a] });
    expect(behind.state.slots.get(9)?.decided).not.toBeNull();
    expect(behind.state.lastHanded).toBe(8);
  });

  it('does not wait for another', () => {
    const alone = new Alone(2);
    proposes(alone, 5, [a]);
    alone.hear(0, { type: 'decided', certificate: alone.decided(6, 0, [b]), batch: [b] });
    alone.request(a);
    fetchesUpTo4(alone);
    expect(alone.state.unproposed.size).toBe(0);
    expect(alone.state.lastHanded).toBe(4);
  });

  it('runs at once where that batch is decided', () => {
    const alone = new Alone(2);
    alone.hear(0, { type: 'decided', certificate: alone.decided(5, 0, [a]), batch: [a] });
    fetchesUpTo4(alone);
    expect(alone.state.lastHanded).toBe(5);
  });

  it('waits when that batch was of a view that is past', () => {
    const alone = new Alone(2);
    proposes(alone, 5, [a]);
    alone.request(a);
    entersViewOne(alone);
    fetchesUpTo4(alone);
    expect(alone.state.unproposed.size).toBe(1);
  });
});

/** Two commits of `by` that contradict each other: what it is accused of then. */
function lies(alone: Alone, by: number, sequence = 1) {
  return ['00', '11'].flatMap((digest) => {
    const named = { view: 0, sequence, headerDigest: digest.repeat(32) };
    const vote = alone.say({ type: 'commit', ...named }, by);
    return accused(alone.hear(by, { type: 'commit', vote }));
  });
}

describe('who is isolated', () => {
  it('can be accused again when it is taken back, and nobody else', () => {
    const alone = new Alone(2);
    for (const by of [1, 3]) lies(alone, by);
    expect([...alone.state.accused]).toEqual(['1/conflictingCommit', '3/conflictingCommit']);
    alone.step({ type: 'isolated', replicas: [3] });
    alone.step({ type: 'isolated', replicas: [1, 3] });
    expect(alone.state.readmittedAt.size).toBe(0);
    alone.step({ type: 'isolated', replicas: [1] });
    expect([...alone.state.readmittedAt.keys()]).toEqual([3]);
    expect([...alone.state.accused]).toEqual(['1/conflictingCommit']);
  });
});

describe('who is taken back', () => {
  it('is accused of what it says from then on, and not of what was decided before', () => {
    const alone = new Alone(2);
    for (const sequence of [1, 2]) {
      const certificate = alone.decided(sequence, 0, [a]);
      const message = { type: 'decided', certificate, batch: [a] } as const;
      alone.step({ type: 'receive', from: 0, message });
    }
    alone.step({ type: 'isolated', replicas: [3] });
    alone.step({ type: 'isolated', replicas: [] });
    expect(lies(alone, 3, 2)).toEqual([]);
    expect(lies(alone, 3, 3).map(({ type }) => type)).toEqual(['conflictingCommit']);
  });
});

describe('a reply', () => {
  it('is for clients', () => {
    const alone = new Alone(2);
    const vote = alone.say(alone.result(1), 1);
    expect(alone.hear(1, { type: 'reply', view: 0, vote, answers: [] })).toEqual([]);
  });
});
