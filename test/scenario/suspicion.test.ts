import { describe, expect, it } from 'vitest';
import type { StandingChange } from '../../src/faults/standing.ts';
import type { Effect, Input } from '../../src/pbft/replica.ts';
import { SuspicionObserver, Suspicions } from '../../src/scenario/suspicion.ts';

const tick: Input = { type: 'timeout', timer: 'status' };
const lateView: Effect = { type: 'enterView', view: 1, active: false };

function observer() {
  const changes: StandingChange[] = [];
  const options = { index: 1, n: 4, epoch: 0, statusIntervalMs: 100 };
  return { changes, observer: new SuspicionObserver(options, (change) => changes.push(change)) };
}

describe('what a replica thinks of others', () => {
  it('follows its strikes', () => {
    const { changes, observer: suspicion } = observer();
    const strike: Effect = { type: 'strike', replica: 3, reason: 'prepare by the primary' };
    suspicion.onStep(tick, new Array<Effect>(10).fill(strike), 0);
    expect(changes).toEqual([{ replica: 3, from: 'trusted', to: 'suspected' }]);
  });

  it('follows frames that were refused, of replicas only', () => {
    const { changes, observer: suspicion } = observer();
    suspicion.onStep(tick, [], 0);
    for (let i = 0; i < 10; i++) suspicion.onRefused('client-2', 0);
    expect(changes).toEqual([]);
    for (let i = 0; i < 10; i++) suspicion.onRefused('replica-2', 0);
    expect(changes).toEqual([{ replica: 2, from: 'trusted', to: 'suspected' }]);
  });

  it('blames a view that timed out on its primary, not one that others left', () => {
    const timeout: Input = { type: 'timeout', timer: 'request' };
    const { changes, observer: suspicion } = observer();
    for (let i = 0; i < 10; i++) suspicion.onStep(tick, [], 0);
    const message = { type: 'fetchBatch', batchDigest: '0' } as const;
    const pulled: Input = { type: 'receive', from: 2, message };
    for (let i = 0; i < 10; i++) suspicion.onStep(pulled, [lateView], 0);
    expect(changes).toEqual([]);
    for (let i = 0; i < 10; i++) suspicion.onStep(timeout, [lateView], 0);
    expect(changes).toEqual([{ replica: 0, from: 'trusted', to: 'suspected' }]);
  });

  it('is forgotten with a restart', () => {
    const { changes, observer: suspicion } = observer();
    const strike: Effect = { type: 'strike', replica: 3, reason: 'bad' };
    suspicion.onStep(tick, [strike, strike, strike], 0);
    suspicion.onStep({ type: 'recovered', records: [] }, [], 0);
    suspicion.onStep(tick, [strike, strike, strike], 0);
    expect(changes).toEqual([]);
  });
});

describe('the suspected of a run', () => {
  const told = (replica: number, against: number) =>
    ({ type: 'standing', atMs: 0, replica, against, from: 'trusted', to: 'suspected' }) as const;

  it('are those that f+1 replicas suspected: one alone may be cut off itself', () => {
    const suspicions = new Suspicions();
    suspicions.add(told(1, 0));
    suspicions.add(told(1, 0));
    suspicions.add(told(3, 2));
    expect(suspicions.suspected(4)).toEqual([]);
    suspicions.add(told(2, 0));
    expect(suspicions.suspected(4)).toEqual([0]);
  });
});
