import { Worker } from 'node:worker_threads';
import type { StaticFinding } from '../ledger/static-check.ts';
import type { CheckEnvironment, Examined } from './static-check-worker.ts';

/** Examines operations; answers every post once, in the order of the posts. */
export interface CheckThread {
  post(operations: readonly Uint8Array[]): void;
  stop(): void;
}

export interface CheckThreadListener {
  /** One finding for each operation of the oldest unanswered post; what the thread spent on it. */
  onFindings(findings: readonly (StaticFinding | null)[], spentMs?: number): void;
  /** It ended without being stopped. Nothing follows. */
  onEnd(error: Error): void;
}

export type StartCheckThread = (
  environment: CheckEnvironment,
  listener: CheckThreadListener,
) => CheckThread;

/** A worker thread of this process; it does not keep the process alive. */
export const startCheckThread: StartCheckThread = (environment, listener) => {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./static-check-worker.${extension}`, import.meta.url), {
    workerData: environment,
    execArgv: [],
  });
  worker.unref();
  let ended = false;
  const end = (error: Error): void => {
    if (ended) return;
    ended = true;
    listener.onEnd(error);
  };
  worker.on('message', ({ findings, spentMs }: Examined) => {
    if (!ended) listener.onFindings(findings, spentMs);
  });
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', (code) => end(new Error(`check thread exited with code ${code}`)));
  return {
    post(operations) {
      // Copies: an operation may be a view into a frame, and a frame must not travel whole.
      const copies = operations.map((operation) => new Uint8Array(operation));
      worker.postMessage(
        copies,
        copies.map(({ buffer }) => buffer),
      );
    },
    stop() {
      ended = true;
      worker.terminate().catch((error: unknown) => process.emitWarning(String(error)));
    },
  };
};
