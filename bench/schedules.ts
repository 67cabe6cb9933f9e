/**
 * Small schedules for `simulator.ts`: a whole scenario each, from an empty process state to its
 * verdict. Four replicas, one client that asks four times and gets every answer certified, and one
 * fault drawn at random (a crash with restart, a partition, a cut link, a wrong clock, a disk that
 * refuses writes) that begins while the requests are under way; all checkers on.
 */
import { Random } from '../src/base/random.ts';
import type { Scenario } from '../src/scenario/scenario.ts';
import { drawFault, legal } from '../src/simulator/explorer/draw.ts';
import { Simulation } from '../src/simulator/simulation.ts';

const replicas = 4;
const requests = 4;
/** Four requests one after the other take some 60 ms of virtual time. */
const faultWithinMs = 40;

function smallScenario(base: Scenario, seed: number): Scenario {
  const random = new Random(`bench-schedule/${seed}`);
  const fault = drawFault(random, replicas, random.between(0, faultWithinMs), false);
  return {
    ...base,
    seed,
    durationMs: 900_000,
    workload: { ...base.workload, requests },
    timeline: legal(fault),
  };
}

export interface Schedules {
  readonly schedules: number;
  readonly requests: number;
  readonly deliveries: number;
  readonly cpuMs: number;
  readonly schedulesPerSecond: number;
}

/** `base`: four replicas, no faults. As many before those that count warm the program up. */
export function runSchedules(base: Scenario, schedules: number): Schedules {
  let deliveries = 0;
  let before = process.cpuUsage();
  for (let seed = -schedules; seed < schedules; seed++) {
    if (seed === 0) {
      before = process.cpuUsage();
      deliveries = 0;
    }
    const simulation = new Simulation(smallScenario(base, seed));
    while (simulation.run(10_000));
    const { violation, workload, world } = simulation;
    if (violation !== null || !workload.isDone) {
      throw new Error(`schedule ${seed} failed: ${violation?.detail ?? 'unanswered requests'}`);
    }
    deliveries += world.network.counts.delivered;
  }
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1000;
  const schedulesPerSecond = Math.round((schedules / cpuMs) * 1000);
  return { schedules, requests, deliveries, cpuMs: Math.round(cpuMs), schedulesPerSecond };
}
