import { build, type Histogram } from 'hdr-histogram-js';

const tenthMs = 100;

export interface Latencies {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What is counted between opening and closing: answers, their latencies, and what went wrong. */
export class Window {
  readonly openedAtMs: number;
  private readonly histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 600_000_000,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
  private readonly tenths: number[] = [];
  private readonly errorCounts: Record<string, number> = {};
  private lastAnswerAtMs: number;
  private silenceMs = 0;
  answered = 0;
  verified = 0;

  constructor(nowMs: number) {
    this.openedAtMs = nowMs;
    this.lastAnswerAtMs = nowMs;
  }

  /** Answers to so many requests came in the window. */
  count(nowMs: number, requests: number): void {
    this.answered += requests;
    this.silenceMs = Math.max(this.silenceMs, nowMs - this.lastAnswerAtMs);
    this.lastAnswerAtMs = nowMs;
    const tenth = Math.floor((nowMs - this.openedAtMs) / tenthMs);
    while (this.tenths.length <= tenth) this.tenths.push(0);
    this.tenths[tenth] = (this.tenths[tenth] ?? 0) + requests;
  }

  record(latencyMs: number, requests: number): void {
    this.histogram.recordValueWithCount(Math.max(1, Math.round(latencyMs * 1000)), requests);
  }

  /** Their certificate was checked and held. */
  verify(requests: number): void {
    this.verified += requests;
  }

  fail(reason: string, count = 1): void {
    this.errorCounts[reason] = (this.errorCounts[reason] ?? 0) + count;
  }

  get errors(): Readonly<Record<string, number>> {
    return this.errorCounts;
  }

  /** Between two answers, the opening and the closing, one of which it may be cut short by. */
  longestSilenceMs(closedAtMs: number): number {
    return Math.max(this.silenceMs, closedAtMs - this.lastAnswerAtMs);
  }

  get answeredPerTenth(): readonly number[] {
    return this.tenths;
  }

  get latencyMs(): Latencies {
    const at = (percentile: number) => this.histogram.getValueAtPercentile(percentile) / 1000;
    return { p50: at(50), p90: at(90), p99: at(99), max: this.histogram.maxValue / 1000 };
  }
}
