/** The inside of a solver thread: one task at a time, cancelled by a flag in shared memory. */
import { parentPort } from 'node:worker_threads';
import { noncesPerSlice, type WorkProof, WorkSolver } from '../proofs/work.ts';
import type { WorkTask } from './solve-work.ts';

export interface SolverPost {
  readonly task: WorkTask;
  /** One integer; not 0: nobody wants the answer any more. */
  readonly cancelled: Int32Array<SharedArrayBuffer>;
}

/** Null when it was cancelled. */
export type SolverAnswer = WorkProof | null;

function solve({ task, cancelled }: SolverPost): SolverAnswer {
  const { context, bits, workFunction } = task;
  const solver = new WorkSolver(context, bits, 0, workFunction);
  while (Atomics.load(cancelled, 0) === 0) {
    const work = solver.step(noncesPerSlice(workFunction));
    if (work !== null) return work;
  }
  return null;
}

parentPort?.on('message', (post: SolverPost) => parentPort?.postMessage(solve(post)));
