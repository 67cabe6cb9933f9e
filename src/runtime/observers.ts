import type { Observer } from './observer.ts';

/** One observer that tells all of `observers`, in their order. */
export function tellAll(observers: readonly Observer[]): Required<Observer> {
  return {
    onHeard: (...told) => each(observers, (one) => one.onHeard?.(...told)),
    onStep: (...told) => each(observers, (one) => one.onStep?.(...told)),
    onExecuted: (...told) => each(observers, (one) => one.onExecuted?.(...told)),
    onSend: (...told) => each(observers, (one) => one.onSend?.(...told)),
    onIsolated: (...told) => each(observers, (one) => one.onIsolated?.(...told)),
    onSeat: (...told) => each(observers, (one) => one.onSeat?.(...told)),
    onStanding: (...told) => each(observers, (one) => one.onStanding?.(...told)),
    onClientStanding: (...told) => each(observers, (one) => one.onClientStanding?.(...told)),
    onRefused: (...told) => each(observers, (one) => one.onRefused?.(...told)),
    onJournalError: (...told) => each(observers, (one) => one.onJournalError?.(...told)),
  };
}

function each(observers: readonly Observer[], tell: (observer: Observer) => void): void {
  for (const observer of observers) tell(observer);
}
