import { describe, expect, test } from 'vitest';
import { canFork } from '../../src/adversaries/fork.ts';
import type { AdversaryKit } from '../../src/adversaries/kit.ts';
import { maxFaulty, quorum } from '../../src/pbft/quorum.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { nops, scenario } from './scenarios.ts';

function colluding(n: number, replicas: readonly number[], seed: number): Scenario {
  return scenario({
    seed,
    replicas: { voting: n, standby: 0 },
    network: { latency: { minMs: 5, maxMs: 25 }, loss: 0, duplicate: 0, reorder: 0 },
    workload: nops(60, 2),
    adversaries: [{ replicas, behaviour: 'collude', fromMs: 0, untilMs: null }],
  });
}

/** The checker that stopped the run, if one did. */
function findingOf(run: Scenario): string | null {
  const simulation = new Simulation(run);
  while (simulation.run(100_000));
  return simulation.violation?.checker ?? null;
}

describe('conspirators', () => {
  test('can fork the log when two camps of the others are a quorum with them, f never', () => {
    for (let n = 4; n <= 20; n++) {
      const kit = (strength: number) =>
        ({ n, index: 0, conspirators: [...Array(strength).keys()] }) as unknown as AdversaryKit;
      expect(canFork(kit(maxFaulty(n))), `f of ${n}`).toBe(false);
      const needed = 2 * quorum(n) - n;
      expect([canFork(kit(needed - 1)), canFork(kit(needed))], `of ${n}`).toEqual([false, true]);
    }
  });

  test.each([
    [4, [0, 1]],
    [7, [0, 1, 2]],
    [7, [1, 3, 5]],
    [10, [0, 1, 2, 3]],
  ])('of %d, one more than f, break agreement with no help of the network: %j', (n, replicas) => {
    for (let seed = 1; seed <= 3; seed++) {
      expect(findingOf(colluding(n, replicas, seed)), `seed ${seed}`).toBe('agreement');
    }
  });
});
