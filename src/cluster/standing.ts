import type { Digest } from '../base/digest.ts';
import type { RunEvent } from '../scenario/trace.ts';

interface Held {
  readonly sequence: number;
  readonly stateDigest: Digest;
}

/** How far each replica has come, by its own events; a new incarnation begins with nothing. */
export class Standing {
  private readonly held = new Map<number, Held>();
  private readonly restarted = new Set<number>();
  /** Who was convicted, by each replica's state. */
  private readonly isolatedBy = new Map<number, readonly number[]>();

  note(event: RunEvent): void {
    if (event.type === 'isolated') this.isolatedBy.set(event.replica, event.isolated);
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

  /** Whom the newest state among these replicas says was convicted, ascending. */
  isolated(replicas: readonly number[]): readonly number[] {
    const sequenceOf = (replica: number) => this.held.get(replica)?.sequence ?? 0;
    const newest = replicas.toSorted((a, b) => sequenceOf(b) - sequenceOf(a))[0];
    return newest === undefined ? [] : (this.isolatedBy.get(newest) ?? []);
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
