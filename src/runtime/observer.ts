import type { Digest } from '../base/digest.ts';
import type { Standing } from '../faults/standing.ts';
import type { Message, ReplicaIndex } from '../pbft/messages.ts';
import type { Effect, Input } from '../pbft/replica.ts';
import type { Address } from './ports.ts';
import type { Seat } from './seat.ts';

/** A reader of what a node does. It is told, never asked: nothing it does can change the node. */
export interface Observer {
  /** A message came from this replica, its outer signature verified; before the step, if any. */
  onHeard?(from: ReplicaIndex): void;
  /**
   * After each step of the replica, with the node's own time in milliseconds since 1970. A vote
   * that is counted and no more may be none.
   */
  onStep?(input: Input, effects: readonly Effect[], nowMs: number): void;
  /** After a batch ran; results in the order of the batch. */
  onExecuted?(executed: ExecutedBatch, nowMs: number): void;
  /** A message handed to the network (once per receiver). */
  onSend?(to: Address, message: Message, frame: Uint8Array, nowMs: number): void;
  /**
   * The state says, now or since it was restored, that these were convicted: those that are
   * isolated and those that lost their place for it. Processes, ascending.
   */
  onIsolated?(processes: readonly number[], nowMs: number): void;
  /** This node's opinion of another process changed: no decision, and no proof of anything. */
  onStanding?(change: ProcessStanding, nowMs: number): void;
  /** This node's opinion of a client changed: read slowly while `suspected`. */
  onClientStanding?(change: ClientStandingChange, nowMs: number): void;
  /** A replica of this seat's epoch begins: indices in steps are those of the seat from now on. */
  onSeat?(seat: Seat, nowMs: number): void;
  /** A frame that was refused before it reached the replica. */
  onRefused?(from: Address, reason: string, nowMs: number): void;
  /** The journal failed: the node stops voting. */
  onJournalError?(error: Error, nowMs: number): void;
}

/** How a client stands with one node, which suspects few and forgets all. */
export interface ClientStandingChange {
  readonly client: Address;
  readonly to: 'trusted' | 'suspected';
}

/** How one process stands with another. */
export interface ProcessStanding {
  readonly process: number;
  readonly from: Standing;
  readonly to: Standing;
}

export interface ExecutedBatch {
  readonly sequence: number;
  readonly timestamp: number;
  readonly operations: readonly Digest[];
  readonly results: readonly Uint8Array[];
  readonly resultsRoot: Digest;
  readonly stateDigest: Digest;
}
