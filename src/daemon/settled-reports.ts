import type { Timers } from '../runtime/ports.ts';
import type { LiveSettled } from './live.ts';

/** Each report wakes the parent, and people who watch do not see a moment pass. */
const togetherMs = 100;
/** More than TrustChain answers in that time; beyond it they go at once. */
const maxTogether = 256;

/** Gathers what is told of requests that came to their end, for one report of many. */
export class SettledReports {
  private readonly timers: Timers;
  private readonly post: (settled: readonly LiveSettled[]) => void;
  private waiting: LiveSettled[] = [];
  private cancel: () => void = () => undefined;

  constructor(timers: Timers, post: (settled: readonly LiveSettled[]) => void) {
    this.timers = timers;
    this.post = post;
  }

  readonly add = (settled: LiveSettled): void => {
    const count = this.waiting.push(settled);
    if (count === 1) this.cancel = this.timers.after(togetherMs, () => this.flush());
    if (count >= maxTogether) this.flush();
  };

  private flush(): void {
    this.cancel();
    const { waiting } = this;
    this.waiting = [];
    this.post(waiting);
  }
}
