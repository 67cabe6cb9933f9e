import type { Beacon } from './request.ts';

/** When the request was made. */
export interface TimeProof {
  /** Milliseconds since 1970 by the requester's clock. */
  readonly timestamp: number;
  /** The newest beacon the requester knew: not made before it. */
  readonly beacon: Beacon;
  /** Counts the node's requests from 1; none is used twice. */
  readonly sequence: number;
  /** 16 bytes that bind timestamp and sequence to one request: see `timeNonce`. */
  readonly nonce: Uint8Array;
}
