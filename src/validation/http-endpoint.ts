import { build, type Histogram } from 'hdr-histogram-js';
import type { Clock } from '../runtime/ports.ts';
import { type BreakerState, EndpointBreaker } from './http-breaker.ts';
import { type Attempt, type FaultKind, faulty } from './http-fault.ts';

/** What a client has seen of one endpoint. */
export interface EndpointStatistics {
  readonly endpoint: string;
  /** Questions sent to it. */
  readonly requests: number;
  /** Certified answers it gave. */
  readonly answers: number;
  readonly failures: Readonly<Partial<Record<FaultKind, number>>>;
  readonly breaker: BreakerState;
  /** Of its certified answers, from sending to the end of the check; milliseconds. */
  readonly latencyMs: {
    readonly sum: number;
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
}

/** One node of the cluster as this client knows it. */
export class Endpoint {
  readonly url: URL;
  readonly breaker: EndpointBreaker;
  private readonly clock: Clock;
  private readonly failures: Partial<Record<FaultKind, number>> = {};
  private readonly latencyUs: Histogram = build({
    bitBucketSize: 32,
    numberOfSignificantValueDigits: 2,
  });
  private requests = 0;
  private answers = 0;
  private latencySumMs = 0;

  constructor(url: URL, clock: Clock) {
    this.url = url;
    this.clock = clock;
    this.breaker = new EndpointBreaker(clock);
  }

  get name(): string {
    return this.url.href.replace(/\/$/, '');
  }

  get statistics(): EndpointStatistics {
    const { latencyUs } = this;
    const percentile = (p: number): number => latencyUs.getValueAtPercentile(p) / 1000;
    return {
      endpoint: this.name,
      requests: this.requests,
      answers: this.answers,
      failures: { ...this.failures },
      breaker: this.breaker.state,
      latencyMs: {
        sum: this.latencySumMs,
        p50: percentile(50),
        p90: percentile(90),
        p99: percentile(99),
        max: latencyUs.maxValue / 1000,
      },
    };
  }

  /** Lets `ask` put one question to it, unless it rests; counts what comes of it. */
  async run<T>(ask: () => Promise<Attempt<T>>): Promise<Attempt<T>> {
    const attempt = await this.breaker.run(async () => {
      this.requests++;
      const beganMs = this.clock.nowMs();
      const attempt = await ask();
      if (attempt.ok) this.took(this.clock.nowMs() - beganMs);
      return attempt;
    });
    if (!attempt.ok) this.count(attempt.fault.kind);
    return attempt;
  }

  /** For a contradiction beside an answer that stands: a liar, whose answer is not lost. */
  async strike(detail: string): Promise<void> {
    this.count('lying');
    await this.breaker.run(async () => faulty('lying', detail));
  }

  private took(latencyMs: number): void {
    this.answers++;
    this.latencySumMs += latencyMs;
    this.latencyUs.recordValue(Math.max(1, Math.round(latencyMs * 1000)));
  }

  private count(kind: FaultKind): void {
    this.failures[kind] = (this.failures[kind] ?? 0) + 1;
  }
}
