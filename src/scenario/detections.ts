import type { Detection } from './result.ts';

interface Moment {
  readonly atMs: number;
  readonly messages: number;
}

/** How long villains go undetected: their first departures from the protocol, the first proofs. */
export class Detections {
  private readonly departed = new Map<number, Moment>();
  private readonly proved = new Map<number, Moment & { readonly evidence: string }>();
  private readonly delivered: () => number;

  /** `delivered`: messages so far, in the whole cluster. */
  constructor(delivered: () => number) {
    this.delivered = delivered;
  }

  departure(replica: number, atMs: number): void {
    keepEarliest(this.departed, replica, { atMs, messages: this.delivered() });
  }

  proof(replica: number, evidence: string, atMs: number): void {
    keepEarliest(this.proved, replica, { atMs, messages: this.delivered(), evidence });
  }

  /** In the order in which they were found out. */
  list(): readonly Detection[] {
    const found = [...this.proved].toSorted(([, a], [, b]) => a.atMs - b.atMs);
    return found.flatMap(([replica, { atMs, messages, evidence }]) => {
      const since = this.departed.get(replica);
      if (since === undefined) return [];
      // Processes tell what they saw now and then: the proof may be told of before the lie.
      const ms = Math.max(0, Math.round((atMs - since.atMs) * 1000) / 1000);
      return [{ replica, evidence, ms, messages: Math.max(0, messages - since.messages) }];
    });
  }
}

function keepEarliest<T extends Moment>(known: Map<number, T>, replica: number, moment: T): void {
  const earlier = known.get(replica);
  if (earlier === undefined || moment.atMs < earlier.atMs) known.set(replica, moment);
}
