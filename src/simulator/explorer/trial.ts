import type { Violation } from '../../scenario/result.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';
import type { Enumerated } from './census.ts';
import { Coverage } from './coverage.ts';
import { Onlooker } from './onlooker.ts';

/** What one schedule led to. */
export interface Verdict {
  readonly violation: Violation | null;
  readonly coverage: Coverage;
  /** What the census wants to know of it. */
  readonly seen: Enumerated;
  readonly deliveries: number;
  readonly virtualMs: number;
  /** The last lines of the trace; empty without a violation. */
  readonly trace: readonly string[];
}

/** Events after which a schedule is given up: no small scenario needs as many. */
const maxEvents = 3_000_000;
const eventsPerSlice = 50_000;

/**
 * Runs one scenario to its end, without any record but its coverage. A replica that throws is a
 * bug of ours like any other: it is reported as a violation of the checker `crash`.
 */
export function tryScenario(scenario: Scenario): Verdict {
  const coverage = new Coverage();
  const onlooker = new Onlooker(scenario);
  let simulation: Simulation | null = null;
  let crash: Violation | null = null;
  try {
    simulation = new Simulation(scenario, {
      ...onlooker.readers,
      step: (replica, input, effects) => {
        const atUs = simulation?.world.scheduler.nowUs ?? 0;
        coverage.onStep(replica, input, effects, atUs);
        onlooker.onStep(replica, input, effects, atUs);
      },
    });
    let left = maxEvents;
    while (left > 0 && simulation.run(eventsPerSlice)) left -= eventsPerSlice;
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const atMs = simulation?.world.nowMs ?? 0;
    crash = { checker: 'crash', sequence: null, replicas: [], atMs, detail };
  }
  const violation = crash ?? simulation?.violation ?? null;
  return {
    violation,
    coverage,
    seen: onlooker.seen(simulation?.world.nowMs ?? 0),
    deliveries: simulation?.world.network.counts.delivered ?? 0,
    virtualMs: simulation?.world.nowMs ?? 0,
    trace: violation === null ? [] : (simulation?.world.tail.lines() ?? []),
  };
}
