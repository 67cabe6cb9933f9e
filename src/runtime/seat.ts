import type { ReplicaIndex } from '../pbft/messages.ts';
import type { Court } from '../pbft/replica.ts';

/**
 * A process's place in one membership epoch. Votes and evidence speak of replicas by their index in
 * the epoch; whoever looks at a whole run speaks of processes, which never change: validators of
 * epoch 0 first, then standbys, in the order of the deployment.
 */
export interface Seat {
  readonly epoch: number;
  /** This process's own index: below n it votes, from n on it follows. */
  readonly index: ReplicaIndex;
  readonly court: Court;
  /** Process by index in the epoch: members, then followers. */
  readonly processes: readonly number[];
}

/** The process that has index `replica` in this epoch; before the first seat is known, epoch 0. */
export function processOf(seat: Seat | null, replica: ReplicaIndex): number {
  return seat?.processes[replica] ?? replica;
}

/** True for a process without a vote in this epoch. */
export function follows({ index, court }: Seat): boolean {
  return index >= court.validators.publicKeys.length;
}
