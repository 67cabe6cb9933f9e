import type { Timers } from '../runtime/ports.ts';
import type { AbortReason, Attempt } from './http-fault.ts';

export interface RaceOptions<E, T> {
  /** In the order in which they are asked. */
  readonly endpoints: readonly E[];
  /** Ends soon when its signal is aborted, and never rejects. */
  readonly ask: (endpoint: E, signal: AbortSignal) => Promise<Attempt<T>>;
  readonly timers: Timers;
  readonly attemptMs: number;
  readonly hedgeMs: number;
  /** Whether the next one may be asked although the one before still has time. */
  readonly mayHedge: () => boolean;
  /** Ends the whole race; its reason becomes that of every attempt. */
  readonly signal: AbortSignal;
}

interface Runner {
  readonly place: number;
  readonly controller: AbortController;
}

/**
 * One round: asks one endpoint after the other, the next as soon as one fails or has been silent
 * for `hedgeMs`, and ends with the first good answer or, when all have failed, with null. What
 * each failure was is for `ask` to note.
 */
export function race<E, T>(options: RaceOptions<E, T>): Promise<T | null> {
  const { endpoints, timers, signal } = options;
  const { promise, resolve } = Promise.withResolvers<T | null>();
  const running = new Set<Runner>();
  let asked = 0;
  let over = false;
  let cancelHedge = (): void => {};

  const end = (answer: T | null): void => {
    over = true;
    cancelHedge();
    signal.removeEventListener('abort', onAbort);
    resolve(answer);
  };

  const waitToHedge = (): void => {
    cancelHedge = timers.after(options.hedgeMs, () => {
      if (asked < endpoints.length && options.mayHedge()) launch();
      else waitToHedge();
    });
  };

  const launch = (): void => {
    cancelHedge();
    if (over) return;
    const endpoint = endpoints[asked];
    if (endpoint === undefined || signal.aborted) {
      if (running.size === 0) end(null);
      return;
    }
    const runner = { place: asked++, controller: new AbortController() };
    running.add(runner);
    const cancelTimeout = timers.after(options.attemptMs, () => abort(runner, 'outOfTime'));
    waitToHedge();
    void options.ask(endpoint, runner.controller.signal).then((attempt) => {
      cancelTimeout();
      running.delete(runner);
      if (over) return;
      if (!attempt.ok) return launch();
      end(attempt.value);
      // Who was asked before the winner took too long; who was asked after it did no wrong.
      for (const other of running) {
        abort(other, other.place < runner.place ? 'outOfTime' : 'notNeeded');
      }
    });
  };

  const onAbort = (): void => {
    for (const runner of running) abort(runner, signal.reason);
  };
  signal.addEventListener('abort', onAbort);
  launch();
  return promise;
}

function abort({ controller }: Runner, reason: AbortReason): void {
  controller.abort(reason);
}
