import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { headerDigest } from '../../src/pbft/envelope.ts';
import type { Envelope, Message, PrePrepare } from '../../src/pbft/messages.ts';
import { Alone, accused, sent, strikes } from './alone.ts';
import { TestCluster } from './cluster.ts';

const types = (messages: readonly Message[]) => messages.map(({ type }) => type);
const [batch, other] = [[utf8('a')], [utf8('b')]];

describe('a batch that is smaller than those in flight', () => {
  const smaller = (alone: Alone) => {
    alone.step({ type: 'request', operation: utf8('a'), more: true });
    alone.step({ type: 'request', operation: utf8('b') });
    expect(alone.state.lastProposed).toBe(1);
    return alone;
  };

  it('waits, for the busier the cluster, the larger its batches', () => {
    expect(sent(smaller(new Alone(0)).request(utf8('c')))).toEqual([]);
  });

  it('does not wait at the end of an epoch, which is to come soon', () => {
    const alone = smaller(new Alone(0));
    alone.request(utf8('c'));
    const [proposal] = sent(alone.step({ type: 'epochEnds', sequence: 8 }));
    expect(proposal?.type === 'prePrepare' && proposal.batch).toEqual([utf8('c')]);
  });
});

describe('a replica that is all the cluster there is', () => {
  it('has decided what it proposes, with no vote but its own', () => {
    const cluster = new TestCluster(1, {}, idealScheme);
    cluster.request('a', [0]);
    expect(cluster.history(0)).toHaveLength(1);
  });
});

describe('a batch that is full by its bytes', () => {
  const request = (alone: Alone, names: string[]) => {
    const operations = names.map(utf8);
    return operations.flatMap((operation, i) =>
      sent(alone.step({ type: 'request', operation, more: i < operations.length - 1 })),
    );
  };
  const operations = (message: Message | undefined) =>
    message?.type === 'prePrepare' ? message.batch : null;

  it('waits for no other request, be there more in flight', () => {
    const alone = new Alone(0, { maxBatchBytes: 8 });
    request(alone, ['xx', 'yy', 'zz']);
    const [proposal] = request(alone, ['dddd', 'eeee', 'ffff']);
    expect(operations(proposal)).toEqual(['dddd', 'eeee'].map(utf8));
  });

  it('gets a third slot', () => {
    const alone = new Alone(0, { maxBatchBytes: 8, pipelineDepth: 4 });
    for (const name of ['aaaa', 'bbbb']) request(alone, [name]);
    expect(alone.state.lastProposed).toBe(2);
    const [proposal] = request(alone, ['cccc', 'dddd', 'eeee']);
    expect(operations(proposal)).toEqual(['cccc', 'dddd'].map(utf8));
  });
});

describe('the time of a batch (§4.6)', () => {
  /** What the replica answers to headers at these sequences and times from now, in turn. */
  const answers = (proposals: readonly (readonly [number, number | null])[]) => {
    const alone = new Alone(2);
    return proposals.map(([sequence, offMs]) => {
      const what = offMs === null ? [] : [utf8(`${sequence}`)];
      const plain = alone.header(0, sequence, what).statement;
      const timestamp = offMs === null ? 0 : alone.cluster.nowMs + offMs;
      const header = alone.say({ ...plain, timestamp }, 0);
      return types(sent(alone.hear(0, { type: 'prePrepare', header, batch: what })));
    });
  };

  it('is not held against one that stands after it', () => {
    const proposals = [
      [2, 5],
      [1, 0],
    ] as const;
    expect(answers(proposals)).toEqual([['prepare'], ['prepare']]);
  });

  it('is not behind any that stands before it, null batches aside', () => {
    const proposals = [
      [1, null],
      [2, 8],
      [3, 0],
    ] as const;
    expect(answers(proposals)).toEqual([['prepare'], ['prepare'], []]);
  });
});

describe('a pre-prepare', () => {
  it('that the replica signed itself comes from nobody else', () => {
    const alone = new Alone(0);
    const effects = alone.hear(1, { type: 'prePrepare', header: alone.header(0, 1, batch), batch });
    expect(strikes(effects)).toEqual(['own pre-prepare from elsewhere']);
    expect(alone.state.slots.get(1)?.header).toBeNull();
  });
});

describe('a prepare for the header that was accepted', () => {
  /** What follows when it comes with another header than the one it names. */
  const quoting = (quoted: (alone: Alone) => Envelope<PrePrepare>) => {
    const alone = new Alone(2);
    const header = alone.header(0, 1, batch);
    alone.hear(0, { type: 'prePrepare', header, batch });
    const named = { view: 0, sequence: 1, headerDigest: headerDigest(header) };
    const vote = alone.say({ type: 'prepare', ...named }, 3);
    return alone.hear(3, { type: 'prepare', vote, header: quoted(alone) });
  };

  it('counts, whatever header it quotes, and whoever quotes wrongly is struck', () => {
    const honest = quoting((alone) => alone.header(0, 1, batch));
    expect([types(sent(honest)), strikes(honest)]).toEqual([['commit'], []]);
    const forged = quoting((alone) => {
      return { ...alone.header(0, 1, other), signature: new Uint8Array(64) };
    });
    expect(types(sent(forged))).toEqual(['commit']);
    expect(strikes(forged)).toHaveLength(1);
    const outOfTurn = quoting((alone) => alone.say(alone.header(0, 1, other).statement, 1));
    expect(types(sent(outOfTurn))).toEqual(['commit']);
    expect(accused(outOfTurn).map(({ accused: who, type }) => [who, type])).toEqual([
      [1, 'outOfTurn'],
    ]);
  });

  it('leads to no commit when it brings the proof that the primary lied', () => {
    const effects = quoting((alone) => alone.header(0, 1, other));
    expect(accused(effects).map(({ type }) => type)).toEqual(['conflictingPrePrepare']);
    expect(types(sent(effects))).not.toContain('commit');
    expect(types(sent(effects))).toContain('viewChange');
  });
});

describe('a commit that comes after the decision', () => {
  it('leads to nothing', () => {
    const alone = new Alone(4, {}, { standbys: 1 });
    const header = alone.header(0, 1, batch);
    alone.hear(0, { type: 'prePrepare', header, batch });
    const named = { view: 0, sequence: 1, headerDigest: headerDigest(header) };
    const commit = (by: number) =>
      alone
        .hear(by, { type: 'commit', vote: alone.say({ type: 'commit', ...named }, by) })
        .map(({ type }) => type);
    expect([0, 1, 2, 3].map(commit)).toEqual([[], [], expect.arrayContaining(['execute']), []]);
  });
});
