import type { Random } from '../base/random.ts';

/** How a client waits. All in milliseconds but the last. */
export interface RetryPolicy {
  /** From submission to giving up, over all attempts. */
  readonly timeoutMs: number;
  /** Bound of the first wait before a request is sent again; doubles with each attempt. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
  /** Requests in flight; one more is refused at once. */
  readonly maxInFlight: number;
}

/** The localhost profile of the contract: 30 s, retries from 500 ms doubling. */
export const localhostRetryPolicy: RetryPolicy = {
  timeoutMs: 30_000,
  retryMs: 500,
  maxRetryMs: 8_000,
  maxInFlight: 1024,
};

/** The production profile of the contract: 60 s, retries from 1 s. */
export const productionRetryPolicy: RetryPolicy = {
  timeoutMs: 60_000,
  retryMs: 1_000,
  maxRetryMs: 16_000,
  maxInFlight: 4096,
};

/**
 * Wait before attempt `attempt` + 1 (attempt ≥ 1): uniform over (0, bound], the bound doubling.
 * Full jitter, so that clients cut off together do not come back together.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: Random): number {
  const bound = Math.min(policy.maxRetryMs, policy.retryMs * 2 ** Math.min(attempt - 1, 30));
  return random.between(1, Math.max(1, Math.floor(bound)));
}
