import type { Envelope, ReplicaIndex } from './messages.ts';

/**
 * One vote for each replica, by its index. As a Map from index to vote, but a vote comes and goes
 * with one access where a Map's table takes four, and they stand in order of their replicas: votes
 * are nearly all that a large cluster exchanges.
 */
export class VotesByReplica<V extends Envelope> {
  size = 0;
  private readonly votes: (V | undefined)[];

  /** Room for `n` replicas; it grows for an index beyond them. */
  constructor(n: number) {
    this.votes = new Array<V | undefined>(n).fill(undefined);
  }

  get(replica: ReplicaIndex): V | undefined {
    return this.votes[replica];
  }

  set(replica: ReplicaIndex, vote: V): void {
    while (replica >= this.votes.length) this.votes.push(undefined);
    if (this.votes[replica] === undefined) this.size++;
    this.votes[replica] = vote;
  }

  clear(): void {
    this.votes.fill(undefined);
    this.size = 0;
  }

  /** Ascending. */
  keys(): ReplicaIndex[] {
    return this.values().map(({ sender }) => sender);
  }

  /** No vote is by a replica from here on: to go through them without a list. */
  get length(): number {
    return this.votes.length;
  }

  /** Ascending by replica. */
  values(): V[] {
    return this.votes.filter((vote) => vote !== undefined);
  }
}
