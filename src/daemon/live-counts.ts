import type { LiveCounts, LiveSettled } from './live.ts';

/** Answers that the latencies on the page are taken of. */
const kept = 200;

/** What TrustChain has answered since the cluster began. */
export class SettledCounts {
  /** Requests without an answer, by TrustChain's own word. */
  pending = 0;
  private issued = 0;
  private refused = 0;
  private readonly latenciesMs: number[] = [];

  add({ kind, latencyMs }: LiveSettled): void {
    if (kind === 'issued') this.issued++;
    else this.refused++;
    this.latenciesMs.push(latencyMs);
    if (this.latenciesMs.length > kept) this.latenciesMs.shift();
  }

  get now(): LiveCounts {
    const sorted = this.latenciesMs.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    const latencyMs =
      sorted.length === 0 ? null : { p50: at(0.5), p90: at(0.9), max: sorted.at(-1) ?? 0 };
    return { issued: this.issued, refused: this.refused, pending: this.pending, latencyMs };
  }
}
