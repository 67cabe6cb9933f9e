/**
 * A long run for `simulator.ts`: very many requests to four replicas in virtual time, and what the
 * heap holds at ten points on the way, after a full collection. The answers' latencies are kept in
 * arrays made at the start, 16 bytes a request; all else must stay as it is.
 */
import type { Scenario } from '../src/scenario/scenario.ts';
import { Simulation } from '../src/simulator/simulation.ts';

const points = 10;
/** So many requests at a time: a batch holds up to 256. */
const outstanding = 256;

export interface HeapPoint {
  readonly answered: number;
  readonly virtualSeconds: number;
  readonly cpuSeconds: number;
  readonly heapMiB: number;
  readonly outsideHeapMiB: number;
}

function mebibytes(sizeBytes: number): number {
  return Math.round((sizeBytes / 2 ** 20) * 10) / 10;
}

/** `collect` collects garbage; tells each point as it is reached. */
export function runLong(
  base: Scenario,
  requests: number,
  collect: () => void,
  tell: (point: HeapPoint) => void,
): void {
  const workload = { ...base.workload, requests, outstanding };
  const simulation = new Simulation({ ...base, durationMs: 10 * base.durationMs, workload });
  const before = process.cpuUsage();
  let point = 1;
  for (let goesOn = true; goesOn; ) {
    goesOn = simulation.run(10_000);
    const answered = simulation.workload.settled;
    if (answered < (point * requests) / points) continue;
    point++;
    const { user, system } = process.cpuUsage(before);
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    tell({
      answered,
      virtualSeconds: Math.round(simulation.world.nowMs / 1000),
      cpuSeconds: Math.round((user + system) / 1e5) / 10,
      heapMiB: mebibytes(heapUsed),
      outsideHeapMiB: mebibytes(arrayBuffers),
    });
  }
  const { violation, workload: clients } = simulation;
  if (violation !== null || !clients.isDone) throw new Error(`failed: ${violation?.detail}`);
}
