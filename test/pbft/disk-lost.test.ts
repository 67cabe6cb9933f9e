import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { batchDigest, seal } from '../../src/pbft/envelope.ts';
import type { Message } from '../../src/pbft/messages.ts';
import type { Effect } from '../../src/pbft/replica.ts';
import { TestCluster } from './cluster.ts';

/** Four replicas in view 1, which have decided eight batches and made the eighth a checkpoint. */
function clusterInViewOne(): TestCluster {
  const cluster = new TestCluster(4, { checkpointInterval: 2, logWindow: 4 }, idealScheme);
  cluster.crash(0);
  cluster.request('a');
  cluster.pass(5000);
  cluster.restart(0);
  cluster.pass(2000);
  for (const request of 'bcdefgh') {
    cluster.request(request);
    cluster.settle();
  }
  return cluster;
}

/** What a two-faced primary of view 1 proposes at sequence 9. */
function proposal(cluster: TestCluster, text: string): Message {
  const batch = [utf8(text)];
  const place = { view: 1, sequence: 9, timestamp: cluster.nowMs };
  const statement = { type: 'prePrepare', ...place, batchDigest: batchDigest(batch) } as const;
  const header = seal(statement, 1, cluster.signer(1), cluster.validators.chainId);
  return { type: 'prePrepare', header, batch };
}

function prepares(effects: readonly Effect[]): number {
  return effects.filter((e) => e.type === 'send' && e.message.type === 'prepare').length;
}

describe('a replica that lost its disk', () => {
  const old = { epoch: 0, view: 0, executed: 0 };
  const late: { why: string; message: (nonce: number) => Message }[] = [
    {
      why: 'a status that was on its way since long before the loss says too little',
      message: () => ({ type: 'status', ...old, active: true, stableCheckpoint: 0 }),
    },
    {
      why: 'so does the answer to a question that it asked before an earlier loss',
      message: (nonce) => ({ type: 'replyStable', ...old, nonce: nonce - 1 }),
    },
  ];
  for (const { why, message } of late) {
    it(`does not contradict what it forgot: ${why}`, () => {
      const cluster = clusterInViewOne();
      expect(prepares(cluster.deliver({ from: 1, to: 3, message: proposal(cluster, 'x') }))).toBe(
        1,
      );
      cluster.flight = [];
      cluster.crash(3);
      cluster.restart(3, 'lost');
      for (const from of [0, 1, 2]) {
        cluster.deliver({ from, to: 3, message: message(cluster.nowMs) });
      }
      cluster.pass(3000);
      const { state } = cluster.member(3).replica;
      expect([state.view, state.lastExecuted]).toEqual([1, 8]);
      expect(state.recovering?.until).toEqual({ sequence: 12, view: 2 });
      expect(prepares(cluster.deliver({ from: 1, to: 3, message: proposal(cluster, 'y') }))).toBe(
        0,
      );
    });
  }
});

describe('a standby that lost its disk', () => {
  it('learns from the members that it cannot have voted in an epoch that is still to come', () => {
    const cluster = new TestCluster(4, {}, idealScheme, { standbys: 1 });
    cluster.request('a', [0, 1, 2, 3]);
    cluster.settle();
    cluster.pass(1000);
    cluster.crash(4);
    cluster.restart(4, 'lost');
    cluster.pass(1000);
    const { state } = cluster.member(4).replica;
    expect(state.recovering?.until).toEqual({ sequence: 1 + 8, view: 1 });
  });
});
