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
  /** 8 GiB of labels; with the largest scale factor still a safe integer of bytes. */
  maxPlotLabels: 2 ** 28,
  /** Registration opens whole neighbourhoods: larger plots would not fit into one operation. */
  maxRegisteredLabels: 2 ** 16,
  maxScaleFactor: 2 ** 20,
  /** Openings of a full epoch challenge are the most a proof brings. */
  openedLabels: 128,
  /** Siblings of 128 openings in a tree of 28 levels, none shared. */
  siblings: 128 * 28,
  /** Nobody can be made to burn more than 2^32 hashes. */
  workBits: 32,
  signatureBytes: 64,
} as const;
