import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhenResult,
  type IBreaker,
} from 'cockatiel';
import type { Clock } from '../runtime/ports.ts';
import { type Attempt, countsAgainst, type Fault, faulty } from './http-fault.ts';
import {
  failuresBeforeRest,
  maxLiarRestMs,
  maxRestMs,
  minLiarRestMs,
  minRestMs,
} from './limits.ts';

export type BreakerState = 'closed' | 'open' | 'halfOpen';

/** Opens after some failures in a row, or at one lie: nobody lies by accident. */
class StrikeBreaker implements IBreaker {
  private readonly failures = new ConsecutiveBreaker(failuresBeforeRest);
  /** Set before the breaker hears of the failure it belongs to. */
  lied = false;

  get state(): unknown {
    return this.failures.state;
  }

  set state(value: unknown) {
    this.failures.state = value as number;
  }

  success(_: CircuitState): void {
    this.failures.success();
  }

  failure(_: CircuitState): boolean {
    const full = this.failures.failure();
    const { lied } = this;
    this.lied = false;
    return full || lied;
  }
}

/**
 * Whether an endpoint may be asked now. Who fails too often rests, longer each time, and is then
 * tried with one question; the others fail over meanwhile instead of queueing behind that one.
 */
export class EndpointBreaker {
  private readonly clock: Clock;
  private readonly strikes = new StrikeBreaker();
  private readonly policy: CircuitBreakerPolicy;
  private lastFault: Fault | null = null;
  private restUntilMs = 0;

  constructor(clock: Clock) {
    this.clock = clock;
    this.policy = circuitBreaker(
      handleWhenResult((result) => {
        const attempt = result as Attempt<unknown>;
        return !attempt.ok && countsAgainst(attempt.fault);
      }),
      {
        halfOpenAfter: new DelegateBackoff(({ attempt }) => this.rest(attempt)),
        breaker: this.strikes,
      },
    );
  }

  get state(): BreakerState {
    if (this.policy.state === CircuitState.HalfOpen) return 'halfOpen';
    return this.policy.state === CircuitState.Closed ? 'closed' : 'open';
  }

  /** When it may be asked again, on the clock given; a time in the past: now. */
  get freeAtMs(): number {
    return this.restUntilMs;
  }

  /** Runs `ask` if the endpoint may be asked, and takes note of how it went. */
  async run<T>(ask: () => Promise<Attempt<T>>): Promise<Attempt<T>> {
    if (this.state === 'halfOpen' || this.clock.nowMs() < this.restUntilMs) return this.resting();
    try {
      return await this.policy.execute(async () => {
        const attempt = await ask();
        if (!attempt.ok) this.note(attempt.fault);
        return attempt;
      });
    } catch (error) {
      if (error instanceof BrokenCircuitError) return this.resting();
      throw error;
    }
  }

  private note(fault: Fault): void {
    this.lastFault = fault;
    if (fault.kind === 'lying') this.strikes.lied = true;
    if (fault.retryAfterMs !== undefined) {
      this.restUntilMs = Math.max(this.restUntilMs, this.clock.nowMs() + fault.retryAfterMs);
    }
  }

  /** How long the `times`-th rest in a row is, by what brought it on. */
  private rest(times: number): number {
    const liar = this.lastFault?.kind === 'lying';
    const first = liar ? minLiarRestMs : minRestMs;
    const longest = liar ? maxLiarRestMs : maxRestMs;
    const restMs = Math.min(longest, first * 2 ** Math.min(times - 1, 20));
    this.restUntilMs = Math.max(this.restUntilMs, this.clock.nowMs() + restMs);
    return restMs;
  }

  private resting(): Attempt<never> {
    const { lastFault } = this;
    const why = lastFault === null ? 'being tried' : `after ${lastFault.kind}: ${lastFault.detail}`;
    return faulty('resting', why);
  }
}
