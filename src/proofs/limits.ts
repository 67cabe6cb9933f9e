/** Bounds on everything a requester's bytes can make a verifier read or compute. */
export const limits = {
  /** Characters of a request id. */
  requestIdBytes: 64,
  /** A DNS name (RFC 1035 §2.3.4). */
  nameBytes: 253,
  sanEntries: 32,
  ipv6Addresses: 16,
  /** Longest textual IPv6 address, with zone-less embedded IPv4 (RFC 4291 §2.2). */
  ipv6Bytes: 45,
  /** SubjectPublicKeyInfo: an ML-DSA-87 key takes 2,614 bytes, RSA-8192 about 1,060. */
  publicKeyBytes: 4096,
  /** At least as many as a full challenge opens: positions are distinct. */
  minPlotLabels: 128,
  /** 16 GiB of labels: the smallest power of two that the production profile takes in full. */
  maxPlotLabels: 2 ** 29,
  /** Times the largest plot still exact: the product of a power of two and 21 bits. */
  maxScaleFactor: 2 ** 20,
  /** Openings of a full epoch challenge are the most a proof brings. */
  openedLabels: 128,
  /** Siblings of as many openings as a registration has in a row, 29 levels, none shared. */
  siblings: 160 * 29,
  /** Nobody can be made to burn more than 2^32 hashes. */
  workBits: 32,
  /** Multiaddrs in a peer record, and bytes of one. */
  positionAddresses: 8,
  positionAddressBytes: 128,
  signatureBytes: 64,
  /** Requests under one signature: as many as a replay window is wide, and their results fit. */
  batchedRequests: 64,
} as const;
