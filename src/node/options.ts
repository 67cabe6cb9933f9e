import type { SignatureScheme, Signer } from '../base/signature.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { SharedExecutions } from '../ledger/shared-executions.ts';
import type { StaticCheckCache } from '../ledger/static-check.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import type { Behaviour, Parameters, ValidatorSet } from '../pbft/replica.ts';
import type { Meter } from '../runtime/meter.ts';
import type { Observer } from '../runtime/observer.ts';
import type { Clock, Journal, Network, Timers } from '../runtime/ports.ts';
import type { Seat } from '../runtime/seat.ts';
import type { StaticChecks } from '../runtime/static-checks.ts';

/** Results of pure functions, which many nodes of one process (the simulator's) ask for. */
export interface SharedWork {
  readonly verdicts: StaticCheckCache;
  readonly executions: SharedExecutions;
}

/** Everything a node is made of. The ports decide whether it runs in virtual or in real time. */
export interface NodeOptions {
  /** Which of the participants this node is: validators first, then standbys. */
  readonly index: ReplicaIndex;
  /** The validators of epoch 0. */
  readonly validators: ValidatorSet;
  /** Public keys of those who follow without a vote and may be promoted. */
  readonly standbys?: readonly Uint8Array[];
  readonly signer: Signer;
  readonly scheme: SignatureScheme;
  readonly parameters: Parameters;
  readonly genesis: Genesis;
  readonly clock: Clock;
  /**
   * Time that never jumps, for what the node thinks of others; absent: `clock`, trusted not to.
   */
  readonly steady?: Clock;
  readonly timers: Timers;
  readonly network: Network;
  /**
   * Runs `last` when all that came with the present frame was delivered; absent: every frame comes
   * by itself.
   */
  readonly endOfTurn?: (last: () => void) => void;
  readonly journal: Journal;
  readonly observer: Observer;
  /** Told where time goes; absent: nobody is. */
  readonly meter?: Meter;
  /** Where arriving operations are checked ahead; absent: at execution, on this thread. */
  readonly staticChecks?: StaticChecks;
  /** What nodes of one process may find out once for all of them; absent: each for itself. */
  readonly shared?: SharedWork;
  /** Wraps the honest replica of every epoch in which it is to be one; absent on an honest node. */
  readonly behaviour?: (seat: Seat) => Behaviour | null;
  /** The operator knows that this node ran before: an empty journal then means a lost disk. */
  readonly ranBefore: boolean;
}
