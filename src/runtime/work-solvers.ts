import { Worker } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { type SolveWork, solveAtOnce, solveInSlices, type WorkTask } from './solve-work.ts';
import { systemTimers } from './system-timers.ts';
import type { SolverAnswer, SolverPost } from './work-solver-worker.ts';

export interface WorkSolversOptions {
  /** At least 1; each is started when there is work for it. */
  readonly threads: number;
  /** A thread ended by itself; what it was at is solved on this thread, in slices. */
  readonly onFailure: (error: Error) => void;
}

/** Sixteen hashes, some 20 µs: less than handing a task to a thread costs this one. */
const soonDoneBits = 4;

function isSoonDone({ bits, workFunction }: WorkTask): boolean {
  return workFunction === 'sha256' && bits <= soonDoneBits;
}

interface Job {
  readonly task: WorkTask;
  readonly signal: AbortSignal;
  readonly done: Parameters<SolveWork>[2];
}

interface Solver {
  readonly worker: Worker;
  job: Job | null;
}

/**
 * Solves work on worker threads, first come, first served. A cancelled job leaves the queue, or its
 * thread within one slice. Work of a few hashes is solved on this thread, before `solve` returns.
 */
export class WorkSolvers {
  private readonly options: WorkSolversOptions;
  private readonly solvers: Solver[] = [];
  private readonly queue: Job[] = [];
  private readonly onThisThread = solveInSlices(systemTimers);
  private failed = 0;
  private stopped = false;

  constructor(options: WorkSolversOptions) {
    this.options = options;
  }

  readonly solve: SolveWork = (task, signal, done) => {
    if (this.stopped || signal.aborted) return;
    if (isSoonDone(task)) return solveAtOnce(task, signal, done);
    if (this.failed >= this.options.threads) return this.onThisThread(task, signal, done);
    this.queue.push({ task, signal, done });
    this.assign();
  };

  /** Ends the threads; nothing is answered any more. */
  stop(): void {
    this.stopped = true;
    this.queue.length = 0;
    for (const { worker } of this.solvers.splice(0)) end(worker);
  }

  private assign(): void {
    while (this.queue.length > 0) {
      const solver = this.solvers.find(({ job }) => job === null) ?? this.start();
      if (solver === null) return;
      const job = this.queue.shift();
      assert(job !== undefined, 'a job in the queue');
      if (!job.signal.aborted) this.post(solver, job);
    }
  }

  private post(solver: Solver, job: Job): void {
    solver.job = job;
    const cancelled = new Int32Array(new SharedArrayBuffer(4));
    const cancel = (): void => void Atomics.store(cancelled, 0, 1);
    job.signal.addEventListener('abort', cancel, { once: true });
    solver.worker.once('message', (work: SolverAnswer) => {
      job.signal.removeEventListener('abort', cancel);
      solver.job = null;
      if (this.stopped) return;
      this.assign();
      if (work !== null && !job.signal.aborted) job.done(work);
    });
    const post: SolverPost = { task: job.task, cancelled };
    solver.worker.postMessage(post);
  }

  private start(): Solver | null {
    if (this.solvers.length + this.failed >= this.options.threads) return null;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./work-solver-worker.${extension}`, import.meta.url), {
      execArgv: [],
    });
    worker.unref();
    const solver: Solver = { worker, job: null };
    worker.once('error', (error) => this.lost(solver, error));
    worker.once('exit', (code) => this.lost(solver, new Error(`solver exited with code ${code}`)));
    this.solvers.push(solver);
    return solver;
  }

  /** What it was at, and with the last thread what waits, goes on here. */
  private lost(solver: Solver, error: unknown): void {
    const place = this.solvers.indexOf(solver);
    if (place < 0) return;
    this.solvers.splice(place, 1);
    this.failed++;
    const orphans = solver.job === null ? [] : [solver.job];
    if (this.failed >= this.options.threads) orphans.push(...this.queue.splice(0));
    for (const { task, signal, done } of orphans) this.onThisThread(task, signal, done);
    this.options.onFailure(error instanceof Error ? error : new Error(String(error)));
  }
}

function end(worker: Worker): void {
  worker.terminate().catch((error: unknown) => process.emitWarning(String(error)));
}
