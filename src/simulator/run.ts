import { setImmediate } from 'node:timers/promises';
import type { RunHooks, RunOutput } from '../scenario/run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { Collector, type RunFacts } from '../scenario/summary.ts';
import type { RunEvent } from '../scenario/trace.ts';
import type { Checker } from './checkers/checker.ts';
import { recordInto } from './recorder.ts';
import { Simulation } from './simulation.ts';

/** Events between two looks at the wall clock. */
const eventsPerSlice = 100;
/** The event loop gets its turn this often, so that progress shows and an abort is heard. */
const sliceWallMs = 50;

/**
 * Runs one scenario in virtual time to its end. Deterministic: the same scenario gives the same
 * trace digest on every machine, whatever the hooks do. Single-threaded; yields to the event loop
 * between slices of some {@link sliceWallMs}. `checkers` judge besides the usual ones.
 */
export async function runInSimulator(
  scenario: Scenario,
  hooks: RunHooks,
  checkers: readonly Checker[] = [],
): Promise<RunOutput> {
  const begunMs = performance.now();
  let simulation: Simulation | null = null;
  const delivered = () => simulation?.world.network.counts.delivered ?? 0;
  const collector = new Collector(scenario, delivered);
  const emit = (event: RunEvent): void => {
    collector.add(event);
    hooks.onEvent?.(event);
  };
  const readers = recordInto({
    replicas: scenario.replicas.voting + scenario.replicas.standby,
    emit,
    messages: hooks.onEvent !== undefined,
    atMs: () => simulation?.world.nowMs ?? 0,
    addressOf: (id) => simulation?.world.network.addressOf(id) ?? `endpoint-${id}`,
  });
  simulation = new Simulation(scenario, { ...readers, checkers });
  const partial = await play(simulation, hooks);
  const { violation } = simulation;
  if (violation !== null) emit({ type: 'violation', atMs: violation.atMs, violation });
  const facts = factsOf(simulation, partial, performance.now() - begunMs);
  return { result: collector.summarize(facts), artefacts: simulation.artefacts() };
}

/** True when it was aborted before its end. */
async function play(simulation: Simulation, hooks: RunHooks): Promise<boolean> {
  let sliceBegunMs = performance.now();
  while (simulation.run(eventsPerSlice)) {
    const nowMs = performance.now();
    if (nowMs - sliceBegunMs < sliceWallMs) continue;
    const { workload, world } = simulation;
    const { settled, requests } = workload;
    hooks.onProgress?.({ atMs: world.nowMs, answered: settled, requests });
    await setImmediate();
    sliceBegunMs = performance.now();
    if (hooks.signal?.aborted) {
      simulation.end();
      return true;
    }
  }
  return false;
}

function factsOf(simulation: Simulation, partial: boolean, wallMs: number): RunFacts {
  const { world, workload } = simulation;
  const { sent, delivered, dropped, bytesSent } = world.network.counts;
  return {
    messages: { sent, delivered, dropped },
    bytesSent,
    virtualMs: world.nowMs,
    wallMs,
    traceDigest: world.trace.finish(),
    partial,
    recovered: world.recovered(),
    isolated: world.isolated(),
    requests: workload.records(),
    hostile: simulation.hostile?.records ?? [],
  };
}
