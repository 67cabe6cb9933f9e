import type { SignatureScheme, Signer } from '../base/signature.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import type { Behaviour, Parameters, ValidatorSet } from '../pbft/replica.ts';
import type { Observer } from '../runtime/observer.ts';
import type { Clock, Journal, Network, Timers } from '../runtime/ports.ts';

/** Everything a node is made of. The ports decide whether it runs in virtual or in real time. */
export interface NodeOptions {
  readonly index: ReplicaIndex;
  readonly validators: ValidatorSet;
  readonly signer: Signer;
  readonly scheme: SignatureScheme;
  readonly parameters: Parameters;
  readonly genesis: Genesis;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly network: Network;
  readonly journal: Journal;
  readonly observer: Observer;
  /** Wraps the honest replica; absent on an honest node. */
  readonly behaviour?: Behaviour;
  /** The operator knows that this node ran before: an empty journal then means a lost disk. */
  readonly ranBefore: boolean;
}
