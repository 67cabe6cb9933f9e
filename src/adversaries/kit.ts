import type { Digest } from '../base/digest.ts';
import type { Random } from '../base/random.ts';
import type { Signer } from '../base/signature.ts';
import type { Operation, ReplicaIndex } from '../pbft/messages.ts';
import type { Parameters, Replica } from '../pbft/replica.ts';

/**
 * All a villain holds. It has one key, its own: that it cannot forge another replica's signature
 * is structure, not promise. What it knows of others it learns from what it is sent.
 */
export interface AdversaryKit {
  readonly index: ReplicaIndex;
  /** Voting replicas. */
  readonly n: number;
  readonly chainId: Digest;
  /** Membership epoch. */
  readonly epoch: number;
  readonly signer: Signer;
  /** The cluster's numbers, so that a villain can stay just below a timeout or a limit. */
  readonly parameters: Parameters;
  /** This villain's own chance; two villains never share a stream. */
  readonly random: Random;
  /** Faulty replicas that follow one plan, this one included. Empty for one that works alone. */
  readonly conspirators: readonly ReplicaIndex[];
  /**
   * Seed of the common plan, equal for all conspirators: with it each of them, in a process of its
   * own, derives the same plan for a view and sequence without a word between them.
   */
  readonly planSeed: string;
  /** `twins`: makes a second honest replica under the same index and key, with an empty memory. */
  readonly spawnTwin?: () => Replica;
  /** `censor`: true for the operations of the client that is to be starved. */
  readonly isVictim?: (operation: Operation) => boolean;
  /** `slander`: the operation that brings encoded evidence before the cluster. */
  readonly accusation?: (evidence: Uint8Array) => Operation;
  readonly options?: VillainOptions;
}

/** What is absent is derived from {@link AdversaryKit.parameters}, or drawn. */
export interface VillainOptions {
  /** All: in what share of its steps it plays its part, 0..1; in the others it is honest. */
  readonly share?: number;
  /** `delay`: how long each message is held, milliseconds. */
  readonly delayMs?: number;
  /** `skewTimestamp`: how far proposed times are moved, milliseconds, either way. */
  readonly skewMs?: number;
  /** `flood`, `replay`, `slander`, `forgeProof`, `staleView`: additions a second. */
  readonly messagesPerSecond?: number;
  /** `mutate`: share of outgoing messages that is changed, 0..1. */
  readonly probability?: number;
  /** `silent`, `withholdPrePrepares`: who is kept from knowing, and nobody else. */
  readonly victims?: readonly ReplicaIndex[];
  /** `withholdCommits`: who is told of every second slot. */
  readonly favourite?: ReplicaIndex;
}
