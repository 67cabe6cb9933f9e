import { describe, expect, test } from 'vitest';
import { parametersOf } from '../../src/scenario/deployment.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { FlatMemoryChecker, holdingBounds } from '../../src/simulator/checkers/flat-memory.ts';
import { Simulation } from '../../src/simulator/simulation.ts';
import { makeCast } from './histories.ts';
import { nops, scenario } from './scenarios.ts';

const bounds = holdingBounds(4, parametersOf(scenario()));

function checker(): FlatMemoryChecker {
  return new FlatMemoryChecker(makeCast(4).cast, parametersOf(scenario()));
}

/** Runs to the end and gives the most that any replica kept, by structure. */
function peaksOf(changes: Partial<Scenario>): Record<string, number> {
  const simulation = new Simulation(scenario(changes));
  const peaks: Record<string, number> = {};
  while (simulation.run(2_000)) {
    for (const host of simulation.world.hosts) {
      for (const [structure, count] of Object.entries(host.holdings() ?? {})) {
        peaks[structure] = Math.max(peaks[structure] ?? 0, count);
      }
    }
  }
  expect(simulation.violation).toBeNull();
  return peaks;
}

describe('what a replica keeps', () => {
  test.each(Object.entries(bounds))('%s may be %d and not one more', (structure, bound) => {
    expect(checker().onHoldings(2, { [structure]: bound })).toBeNull();
    const finding = checker().onHoldings(2, { [structure]: bound + 1 });
    expect(finding?.detail).toContain(`replica 2 keeps ${bound + 1} ${structure}`);
  });

  test('has a bound in each of its structures, and no bound is left over', () => {
    const simulation = new Simulation(scenario({ workload: nops(1) }));
    while (simulation.run(2_000));
    const structures = Object.keys(simulation.world.hosts[0]?.holdings() ?? {});
    expect(structures.toSorted()).toEqual(Object.keys(bounds).toSorted());
  });

  test('is no more after ten times as many requests', () => {
    const short = peaksOf({ workload: nops(200) });
    const long = peaksOf({ workload: nops(2_000) });
    for (const structure of ['slots', 'slotVotes', 'batches', 'checkpointVotes', 'journal']) {
      expect(long[structure], structure).toBeLessThanOrEqual((short[structure] ?? 0) * 1.5 + 8);
    }
  });
});
