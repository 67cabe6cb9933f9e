import type { Timers } from './ports.ts';

/** The event loop's timers. They do not keep a process alive: its network does. */
export const systemTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};

/** Runs `last` when all that the links have ready was delivered. */
export function endOfTurn(last: () => void): void {
  setImmediate(last);
}
