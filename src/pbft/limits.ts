/** Bounds on everything a peer can make this replica read, keep or send. */
export const limits = {
  /** Voting replicas: index fits one byte, certificates stay small. */
  replicas: 255,
  /** Evidence is the largest operation: a new view carries a quorum of full view changes. */
  operationBytes: 1024 * 1024,
  /** A message that is its own proof: room for the rest of the operation that brings it. */
  evidencePayloadBytes: 1024 * 1024 - 1024,
  /** What a client may send: a certificate request with its four proofs is 2 to 40 KiB. */
  clientOperationBytes: 128 * 1024,
  batchOperations: 4096,
  batchBytes: 4 * 1024 * 1024,
  /** Slots between the watermarks, and so certificates in a view change. */
  logWindow: 1024,
  /** Results per batch equal its operations; their Merkle paths are as deep as its size needs. */
  resultBytes: 128 * 1024,
  pathLength: 16,
  /** Keys of at most 255 members and standbys, for this epoch and the next. */
  membershipBytes: 64 * 1024,
  /** A path to the state digest: at most one hash per bit of a key's hash. */
  statePathLength: 256,
  stateChunkBytes: 512 * 1024,
  stateChunks: 65_536,
  /** All chunks of a state: nobody knows its true size before its digest is checked. */
  stateBytes: 2 * 1024 * 1024 * 1024,
  /**
   * Signed payload: a new view carries a quorum of view changes, each with a window of
   * certificates.
   */
  payloadBytes: 64 * 1024 * 1024,
  /** Requests that wait to be ordered; beyond it the node sheds load. */
  pendingRequests: 16_384,
  pendingBytes: 64 * 1024 * 1024,
  /** Slots a peer is sent per status message it sends. */
  retransmittedSlots: 16,
  /** Status messages answered per peer and own status tick; a correct peer sends one. */
  statusAnswers: 4,
  /** View changes kept per peer: only its newest. */
  peers: 255,
} as const;
