/**
 * Drive the simulator from your own test: a scenario in virtual time, and a checker of your own
 * that sees every step of every correct replica.
 *
 *     node --test drive-the-simulator.ts
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Checker, simulate } from 'hypermesh/simulator';

const scenario = `
name: the primary dies
replicas: 7
seed: 11
workload: {clients: 2, requests: 40, rate: 20/s}
timeline:
  - {at: 500ms, crash: 0}
`;

/** No batch of this cluster is ever larger than `most`. */
class BatchesStaySmall implements Checker {
  readonly name = 'batches stay small';
  largest = 0;
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  onDecided(replica: number, _certificate: unknown, batch: readonly Uint8Array[]) {
    this.largest = Math.max(this.largest, batch.length);
    if (batch.length <= this.most) return null;
    return { sequence: null, replicas: [replica], detail: `a batch of ${batch.length}` };
  }
}

test('a crashed primary costs a view change and no answer', async () => {
  const checker = new BatchesStaySmall(40);
  const { result } = await simulate(scenario, { checkers: [checker] });
  assert.equal(result.outcome, 'passed');
  assert.equal(result.issued, 40);
  assert.ok(result.viewChanges >= 1);
  assert.ok(checker.largest > 0);
});

test('the same seed is the same run, to the last message', async () => {
  const first = await simulate(scenario);
  const second = await simulate(scenario);
  assert.equal(first.result.traceDigest, second.result.traceDigest);
});
