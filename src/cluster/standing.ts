import type { Digest } from '../base/digest.ts';
import type { RunEvent } from '../scenario/trace.ts';

type StandingEvent = Extract<RunEvent, { type: 'standing' }>;

interface Held {
  readonly sequence: number;
  readonly stateDigest: Digest;
}

/** How far each replica has come, by its own events; a new incarnation begins with nothing. */
export class Standing {
  private readonly held = new Map<number, Held>();
  private readonly restarted = new Set<number>();
  /** Whom each replica's state isolates. */
  private readonly isolatedBy = new Map<number, Set<number>>();

  note(event: RunEvent): void {
    if (event.type === 'standing') this.noteStanding(event);
    if (event.type === 'executed' || event.type === 'installed') {
      const { replica, sequence, stateDigest } = event;
      if (sequence >= (this.held.get(replica)?.sequence ?? 0)) {
        this.held.set(replica, { sequence, stateDigest });
      }
    }
    if (event.type === 'fault' && (event.what === 'crash' || event.what === 'restart')) {
      for (const replica of event.replicas) {
        this.held.delete(replica);
        this.isolatedBy.delete(replica);
        if (event.what === 'restart') this.restarted.add(replica);
      }
    }
  }

  /** Of these replicas, the restarted ones that hold the newest state any of them holds. */
  recovered(replicas: readonly number[]): readonly number[] {
    const newest = this.newestOf(replicas);
    if (newest === null) return replicas.filter((replica) => this.restarted.has(replica));
    return replicas.filter((replica) => {
      const held = this.held.get(replica);
      return (
        this.restarted.has(replica) &&
        held?.sequence === newest.sequence &&
        held.stateDigest === newest.stateDigest
      );
    });
  }

  /** Whether all of these replicas hold the same, newest state. */
  settled(replicas: readonly number[]): boolean {
    const newest = this.newestOf(replicas);
    if (newest === null) return true;
    return replicas.every((replica) => this.held.get(replica)?.sequence === newest.sequence);
  }

  /** Whom the newest state among these replicas isolates, ascending. */
  isolated(replicas: readonly number[]): readonly number[] {
    const sequenceOf = (replica: number) => this.held.get(replica)?.sequence ?? 0;
    const newest = replicas.toSorted((a, b) => sequenceOf(b) - sequenceOf(a))[0];
    const isolated = newest === undefined ? [] : (this.isolatedBy.get(newest) ?? []);
    return [...isolated].toSorted((a, b) => a - b);
  }

  private noteStanding({ replica, against, from, to }: StandingEvent): void {
    const isolated = this.isolatedBy.get(replica) ?? new Set();
    this.isolatedBy.set(replica, isolated);
    if (to === 'isolated') isolated.add(against);
    else if (from === 'isolated') isolated.delete(against);
  }

  private newestOf(replicas: readonly number[]): Held | null {
    let newest: Held | null = null;
    for (const replica of replicas) {
      const held = this.held.get(replica);
      if (held !== undefined && held.sequence > (newest?.sequence ?? 0)) newest = held;
    }
    return newest;
  }
}
