import { localhostRetryPolicy, productionRetryPolicy, type RetryPolicy } from './retry-policy.ts';

/** How a client over HTTP waits, retries and remembers. Times in milliseconds. */
export interface HttpPolicy extends RetryPolicy {
  /** Rounds over the endpoints after the first; failing over inside a round is no retry. */
  readonly retries: number;
  /** One question to one endpoint, from sending to the last byte of its answer. */
  readonly attemptMs: number;
  /**
   * An endpoint that has said nothing for so long is asked on, and the next one as well: the
   * question is idempotent, and whichever answers first is as good as the other.
   */
  readonly hedgeMs: number;
  /** How long a certified answer is remembered. */
  readonly cacheMs: number;
  /** Off only where the cluster is on this very machine: answers prove themselves either way. */
  readonly verifyTls: boolean;
}

/** Contract §4: 30 s, 3 retries from 500 ms doubling, cache 300 s, TLS verification off. */
export const localhostHttpPolicy: HttpPolicy = {
  ...localhostRetryPolicy,
  retries: 3,
  attemptMs: 10_000,
  hedgeMs: 2_000,
  cacheMs: 300_000,
  verifyTls: false,
};

/** Contract §4: 60 s, 5 retries from 1 s doubling, cache 600 s, full TLS. */
export const productionHttpPolicy: HttpPolicy = {
  ...productionRetryPolicy,
  retries: 5,
  attemptMs: 15_000,
  hedgeMs: 4_000,
  cacheMs: 600_000,
  verifyTls: true,
};

export const httpPolicies = {
  localhost: localhostHttpPolicy,
  production: productionHttpPolicy,
} as const;
