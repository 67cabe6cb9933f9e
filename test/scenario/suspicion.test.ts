import { describe, expect, it } from 'vitest';
import { Suspicions } from '../../src/scenario/suspicion.ts';

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
