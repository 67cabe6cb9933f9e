import type { Digest } from '../base/digest.ts';

/** A claim on an account of the ledger. */
export interface StakeProof {
  /** The account is known by its node key, 32 bytes. */
  readonly account: Uint8Array;
  /** Locked amount claimed, in whole units. */
  readonly amount: number;
  /** Binds the claim to one request: see `stakeCommitment`. */
  readonly commitment: Digest;
}
