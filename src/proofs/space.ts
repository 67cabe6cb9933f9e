import type { Digest } from '../base/digest.ts';

/** Openings of a registered plot at positions drawn from the request's context. */
export interface SpaceProof {
  /** Merkle root over the kept row of the plot. */
  readonly root: Digest;
  /** Labels in the plot, a power of two; each is 32 bytes. */
  readonly labels: number;
  /** Bytes claimed for each byte stored: 1 for real plots, more in simulation. */
  readonly scaleFactor: number;
  /** The labels at the drawn positions, ascending, 32 bytes each. */
  readonly opened: readonly Uint8Array[];
  /** What else it takes to rebuild the root, level by level from the leaves, left to right. */
  readonly siblings: readonly Uint8Array[];
}
