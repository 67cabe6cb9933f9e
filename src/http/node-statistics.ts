import { build, type Histogram } from 'hdr-histogram-js';
import { z } from 'zod';
import { count } from '../runtime/json-format.ts';
import { resultStatuses } from '../validation/wire/validation-result.ts';

const latency = z.object({
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  max: z.number(),
  count,
});

const counts = z.record(z.string().max(64), count);

/** Answer of `GET /consensus/metrics`: what this process measured since it began. */
export const nodeMetricsSchema = z.object({
  uptime_ms: z.number(),
  validations: z
    .object(Object.fromEntries(resultStatuses.map((status) => [status, count])))
    .meta({ description: 'Answers by status; `pending` are under way now' }),
  proof_failures: counts,
  latency_ms: latency.meta({ description: 'From the arrival of a body to its certificate' }),
  throughput_per_second: z.number().meta({ description: 'Answers, over the last ten seconds' }),
  unavailable: counts,
  conflicts: count,
  throttled: count,
  http_requests: count.meta({ description: 'Under way now, this one included' }),
  in_flight: count,
  queued: count,
  kept_answers: count,
  view: count,
  view_changes: count,
  sequence: count,
  stable_checkpoint: count,
  watermark_lag: count,
  epoch: count,
  peers: counts.meta({ description: 'Members of the epoch by standing' }),
  reachable: count,
  evidence: counts.meta({ description: 'Found by this node, by kind' }),
  strikes: count,
  refused_frames: count,
  executed_batches: count,
  executed_operations: count,
  replica_pending: count,
  static_checks: z.object({ hits: count, misses: count }),
  work_difficulty_bits: count,
  journal_sync_ms: latency,
  event_loop_lag_ms: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
  memory_bytes: z.object({ resident: count, heap_used: count }),
});

export type NodeMetricsJson = z.infer<typeof nodeMetricsSchema>;

/** Milliseconds to two digits, from a microsecond to two minutes; some ten kilobytes. */
export class Latencies {
  private readonly histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 120_000_000,
    numberOfSignificantValueDigits: 2,
  });

  add(ms: number): void {
    this.histogram.recordValue(Math.min(120_000_000, Math.max(1, Math.round(ms * 1000))));
  }

  get summary(): z.infer<typeof latency> {
    const { histogram } = this;
    // A percentile is the upper end of its bucket: beyond the largest value there is nothing.
    const atMs = (percentile: number) =>
      Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue) / 1000;
    if (histogram.totalCount === 0) return { p50: 0, p90: 0, p99: 0, max: 0, count: 0 };
    return {
      p50: atMs(50),
      p90: atMs(90),
      p99: atMs(99),
      max: histogram.maxValue / 1000,
      count: histogram.totalCount,
    };
  }
}

/** Events of the last ten seconds, in buckets of one. */
export class Rate {
  private readonly buckets = new Array<number>(10).fill(0);
  private second = 0;

  add(nowMs: number): void {
    this.advance(nowMs);
    this.buckets[this.second % 10]! += 1;
  }

  perSecond(nowMs: number): number {
    this.advance(nowMs);
    return this.buckets.reduce((sum, bucket) => sum + bucket, 0) / 10;
  }

  private advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    for (let s = Math.max(this.second + 1, second - 9); s <= second; s++) this.buckets[s % 10] = 0;
    this.second = Math.max(this.second, second);
  }
}
