import { weakQuorum } from '../pbft/quorum.ts';
import type { RunEvent } from './trace.ts';

/** Gathers who suspected whom at any time, and believes what f+1 replicas say. */
export class Suspicions {
  private readonly by = new Map<number, Set<number>>();

  add(event: Extract<RunEvent, { type: 'standing' }>): void {
    if (event.to !== 'suspected') return;
    const by = this.by.get(event.against) ?? new Set();
    this.by.set(event.against, by.add(event.replica));
  }

  /** One replica may be wrong, or cut off; f+1 hold a correct one, though it may be as well. */
  suspected(n: number): readonly number[] {
    return [...this.by].flatMap(([replica, by]) => (by.size >= weakQuorum(n) ? [replica] : []));
  }
}
