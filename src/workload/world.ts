import type { SignatureScheme } from '../base/signature.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { ValidatorSet, VerifyVote } from '../pbft/replica.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import type { SolveWork } from '../runtime/solve-work.ts';
import type { Validator } from '../runtime/validator.ts';
import type { Issuer } from '../trustchain/issuer.ts';
import type { ByteSource } from '../trustchain/keys.ts';
import type { TransparencyLog } from '../trustchain/log/transparency-log.ts';
import type { WorkloadEvent } from './records.ts';

/** What a workload stands on: virtual or real. */
export interface WorkloadWorld {
  readonly seed: string | number;
  readonly validators: ValidatorSet;
  /** The membership epochs that the clients' validators find; absent: there is one for ever. */
  readonly epochs?: EpochChain;
  /** Of node keys and validators alike. */
  readonly scheme: SignatureScheme;
  readonly verify: VerifyVote;
  /** Each client's own way to the cluster; stop the workload before stopping these. */
  readonly validator: (client: number) => Validator;
  /** The one issuing key of the run. */
  readonly issuer: Issuer;
  /** The one transparency log of the run: every certificate is in it. */
  readonly log: TransparencyLog;
  /** Where serials come from; by default the seed. */
  readonly chance?: ByteSource;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Where work is done: at once in virtual time, beside everything else in a real process. */
  readonly solveWork: SolveWork;
  readonly onEvent?: (event: WorkloadEvent) => void;
  /** Every request is answered or given up. */
  readonly onDone?: () => void;
}
