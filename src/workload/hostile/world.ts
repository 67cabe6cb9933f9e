import type { Digest } from '../../base/digest.ts';
import type { SignatureScheme } from '../../base/signature.ts';
import type { Requirements } from '../../proofs/request.ts';
import type { Address, Clock, Timers } from '../../runtime/ports.ts';
import type { SolveWork } from '../../runtime/solve-work.ts';
import type { CertifiedAnswer, Validator } from '../../runtime/validator.ts';
import type { HostileLink } from './kit.ts';

/** What hostile clients stand on: virtual or real. `client` counts them from 0. */
export interface HostileWorld {
  readonly seed: string | number;
  readonly chainId: Digest;
  readonly scheme: SignatureScheme;
  /** Number of the first hostile client among all clients of the run. */
  readonly firstClient: number;
  readonly requirements: Requirements;
  readonly plot: { readonly labels: number; readonly scaleFactor: number };
  /** Those that vote, in their order. */
  readonly replicas: readonly Address[];
  readonly f: number;
  /** An honest way to the cluster, over the same link. */
  readonly validator: (client: number) => Validator;
  readonly link: (client: number) => HostileLink;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly solveWork: SolveWork;
  /** A quorum's answer to something it asked. */
  readonly onAnswer: (operation: Uint8Array, certified: CertifiedAnswer) => void;
  /** The cluster did what it must not. */
  readonly onWrong: (detail: string) => void;
  /** Something came to its end: the run may be over. */
  readonly onProgress?: () => void;
}
