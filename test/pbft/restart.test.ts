import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { batchDigest, seal } from '../../src/pbft/envelope.ts';
import type { Message } from '../../src/pbft/messages.ts';
import { TestCluster } from './cluster.ts';

function proposal(cluster: TestCluster, view: number, sequence: number, text: string): Message {
  const batch = [utf8(text)];
  const place = { view, sequence, timestamp: cluster.nowMs };
  const statement = { type: 'prePrepare', ...place, batchDigest: batchDigest(batch) } as const;
  const primary = view % cluster.validators.publicKeys.length;
  const header = seal(statement, primary, cluster.signer(primary), cluster.validators.chainId);
  return { type: 'prePrepare', header, batch };
}

describe('a crash right after a new view was written down', () => {
  /** "x" prepares at 1 on all; view 1 must carry it over; replica 2 crashes having entered it. */
  function crashedInTheMiddle(): TestCluster {
    const cluster = new TestCluster(4, {}, idealScheme);
    cluster.request('x');
    cluster.settle(({ message }) => message.type !== 'commit');
    cluster.crash(0);
    cluster.onEffect = (member, effect) => {
      const entered = effect.type === 'persist' && effect.record.type === 'enteredView';
      if (entered && member.index === 2) member.effectsLeft = 1;
    };
    cluster.pass(2000, ({ message }) => message.type !== 'commit');
    cluster.onEffect = () => {};
    expect(cluster.member(2).down).toBe(true);
    cluster.flight = [];
    cluster.restart(2);
    expect(cluster.member(2).replica.state.view).toBe(1);
    return cluster;
  }

  it('leaves no room for another header than the one the new view demands', () => {
    const cluster = crashedInTheMiddle();
    cluster.flight = [];
    const effects = cluster.deliver({ from: 1, to: 2, message: proposal(cluster, 1, 1, 'y') });
    expect(effects.some((e) => e.type === 'persist' && e.record.type === 'accepted')).toBe(false);
    expect(cluster.accusations()).toEqual(['2 accuses 1 conflictingPrePrepare']);
  });

  it('does not keep the replica from answering the headers of the new view', () => {
    const cluster = crashedInTheMiddle();
    const answers = cluster.flight.filter(({ message }) => message.type === 'prepare');
    expect(answers.map(({ from, to }) => `${from}->${to}`)).toEqual(['2->0', '2->1', '2->3']);
  });
});
