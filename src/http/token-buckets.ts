import type { Clock } from '../runtime/ports.ts';

export interface TokenBucketOptions {
  /** Refill, and the most that a bucket holds. */
  readonly perMinute: number;
  readonly maxClients: number;
  /** Clients with another rate; `Infinity`: as often as they like. */
  readonly overrides?: ReadonlyMap<string, number>;
  /** Never set back. */
  readonly clock: Clock;
}

export type Taken =
  | { readonly ok: true }
  /** Nothing was taken; so many will be there after `retryAfterMs`. */
  | { readonly ok: false; readonly retryAfterMs: number };

interface Bucket {
  tokens: number;
  atMs: number;
}

/** A token bucket per client: steady rate, and once in a while a burst of a minute's worth. */
export class TokenBuckets {
  private readonly options: TokenBucketOptions;
  /** Least recently used first. */
  private readonly buckets = new Map<string, Bucket>();

  constructor(options: TokenBucketOptions) {
    this.options = options;
  }

  hasRateOfItsOwn(client: string): boolean {
    return this.options.overrides?.has(client) ?? false;
  }

  /** Takes `count` tokens, all or none. */
  take(client: string, count = 1): Taken {
    const perMinute = this.options.overrides?.get(client) ?? this.options.perMinute;
    if (perMinute === Infinity) return { ok: true };
    const bucket = this.bucketOf(client, perMinute);
    if (bucket.tokens >= count) {
      bucket.tokens -= count;
      return { ok: true };
    }
    const missing = Math.min(count, perMinute) - bucket.tokens;
    return { ok: false, retryAfterMs: Math.ceil((missing * 60_000) / perMinute) };
  }

  private bucketOf(client: string, perMinute: number): Bucket {
    const nowMs = this.options.clock.nowMs();
    const known = this.buckets.get(client);
    this.buckets.delete(client);
    const refilled =
      known === undefined
        ? perMinute
        : Math.min(perMinute, known.tokens + ((nowMs - known.atMs) * perMinute) / 60_000);
    const bucket = { tokens: refilled, atMs: nowMs };
    this.buckets.set(client, bucket);
    const oldest = this.buckets.keys().next().value;
    if (this.buckets.size > this.options.maxClients && oldest !== undefined) {
      this.buckets.delete(oldest);
    }
    return bucket;
  }
}
