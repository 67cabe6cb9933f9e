import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { profiles } from '../../src/proofs/profiles.ts';
import {
  type Broken,
  brokenKinds,
  parametersFault,
  type WorkloadParameters,
} from '../../src/workload/parameters.ts';
import { planRequests } from '../../src/workload/plan.ts';

const none = { space: 0, stake: 0, work: 0, time: 0, signature: 0, replay: 0 };

function parameters(change: Partial<WorkloadParameters> = {}): WorkloadParameters {
  return {
    clients: 4,
    requests: 40,
    ratePerSecond: null,
    outstanding: 8,
    invalid: { space: 2, stake: 2, work: 2, time: 2, signature: 1, replay: 1 },
    requirements: profiles.localhost,
    plot: { labels: 1024, scaleFactor: 32 },
    ...change,
  };
}

describe('a plan', () => {
  it('holds as many requests of each kind as were asked for, round the clients', () => {
    const counts = fc.record({
      clients: fc.integer({ min: 1, max: 9 }),
      honest: fc.integer({ min: 9, max: 40 }),
      broken: fc.array(fc.constantFrom<Broken>(...brokenKinds), { maxLength: 12 }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(counts, ({ clients, honest, broken, seed }) => {
        const invalid: Record<Broken, number> = { ...none };
        for (const kind of broken) invalid[kind]++;
        // Enough honest ones that a client of every replay has one left.
        const requests = honest + broken.length + invalid.replay * clients;
        const plan = planRequests(parameters({ clients, requests, invalid }), new Random(seed));
        expect(plan.length).toBe(requests);
        for (const kind of brokenKinds) {
          expect(plan.filter((request) => request.broken === kind).length).toBe(invalid[kind]);
        }
        for (const { broken: kind, client } of plan) {
          if (kind !== 'replay') continue;
          const own = plan.filter((request) => request.client === client);
          expect(own.some((request) => request.broken === null)).toBe(true);
        }
        expect(plan.map(({ client }) => client)).toEqual(plan.map((_, i) => i % clients));
        expect(new Set(plan.map(({ name }) => name)).size).toBe(requests);
      }),
      { numRuns: 50, seed: 5 },
    );
  });

  it('is the same from the same seed, and another from another', () => {
    const plan = (seed: number) => JSON.stringify(planRequests(parameters(), new Random(seed)));
    expect(plan(1)).toBe(plan(1));
    expect(plan(1)).not.toBe(plan(2));
  });

  const refusedOnes: readonly (readonly [string, Partial<WorkloadParameters>, string])[] = [
    ['clients: 0', { clients: 0 }, 'somebody has to ask'],
    ['requests: -1', { requests: -1 }, 'a count is not negative'],
    ['requests: 1.5', { requests: 1.5 }, 'a count is whole'],
    ['rate: 0', { ratePerSecond: 0 }, 'nothing would ever be sent'],
    ['requestBatch: 65', { requestBatch: 65 }, 'more than a batch may hold'],
    ['outstanding: 0', { outstanding: 0 }, 'nothing would ever be sent'],
    ['invalid.space: -1', { invalid: { ...none, space: -1 } }, 'a count is not negative'],
    ['invalid: 41 in all', { invalid: { ...none, space: 21, work: 20 } }, 'more than there are'],
    ['invalid.replay', { requests: 1, invalid: { ...none, replay: 1 } }, 'nothing to repeat'],
    [
      'invalid.work',
      {
        invalid: { ...none, work: 1 },
        requirements: { ...profiles.localhost, minimumComputeBits: 0 },
      },
      'no nonce is below zero bits',
    ],
  ];
  it.each(refusedOnes)('refuses %s', (found, change) => {
    expect(parametersFault(parameters(change))).toContain(found);
    expect(() => planRequests(parameters(change), new Random(1))).toThrow(found);
  });

  it('gives all replays to one client where too few have an honest request to spare', () => {
    for (const [requests, replay] of [
      [3, 1],
      [3, 2],
      [5, 3],
      [7, 6],
    ] as const) {
      const change = { clients: 3, requests, invalid: { ...none, replay } };
      for (let seed = 1; seed <= 20; seed++) {
        const plan = planRequests(parameters(change), new Random(seed));
        const replays = plan.filter(({ broken }) => broken === 'replay');
        expect(replays.length).toBe(replay);
        for (const { client, name, index } of replays) {
          expect(name).toBe(`host-${index}.client-${client}.mesh`);
          expect(plan.some((other) => other.broken === null && other.client === client)).toBe(true);
        }
      }
    }
  });
});
