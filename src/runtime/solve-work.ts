import type { WorkFunction } from '../proofs/request.ts';
import { makeWork, noncesPerSlice, type WorkProof, WorkSolver } from '../proofs/work.ts';
import type { Timers } from './ports.ts';

/** Work to be found: the same task has the same answer, wherever it is solved. */
export interface WorkTask {
  /** 32 bytes. */
  readonly context: Uint8Array;
  /** 0 to 32. */
  readonly bits: number;
  readonly workFunction: WorkFunction;
}

/** Finds work and calls back once, or never when `signal` is aborted first. */
export type SolveWork = (
  task: WorkTask,
  signal: AbortSignal,
  done: (work: WorkProof) => void,
) => void;

/** On this thread, before it returns: in virtual time work takes no time. */
export const solveAtOnce: SolveWork = ({ context, bits, workFunction }, signal, done) => {
  if (!signal.aborted) done(makeWork(context, bits, 0, workFunction));
};

/** On this thread, some ten milliseconds at a time. */
export function solveInSlices(timers: Timers): SolveWork {
  return ({ context, bits, workFunction }, signal, done) => {
    const solver = new WorkSolver(context, bits, 0, workFunction);
    const slice = (): void => {
      if (signal.aborted) return;
      const work = solver.step(noncesPerSlice(workFunction));
      if (work !== null) done(work);
      else timers.after(0, slice);
    };
    slice();
  };
}
