import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { Alone, sent } from './alone.ts';

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
