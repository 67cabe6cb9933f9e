import type { Timers } from './ports.ts';

/** The event loop's timers. They do not keep a process alive: its network does. */
export const systemTimers: Timers = {
  after(delayMs, callback) {
    if (delayMs <= 0) {
      // The end of the turn, where the shortest timer would be a millisecond.
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Runs `last` when all that the links have ready was delivered. */
export function endOfTurn(last: () => void): void {
  setImmediate(last);
}
