import { limits as requestLimits } from '../proofs/limits.ts';

/** Bounds on everything a requester or a file can make this room read or keep. */
export const limits = {
  /** A request with 32 long names and an RSA key of 8192 bits stays below 12 KiB. */
  csrBytes: 16 * 1024,
  /** Names of all kinds: no more than the operation that is voted on can carry. */
  names: requestLimits.sanEntries,
  ipv6Addresses: requestLimits.ipv6Addresses,
  /** RFC 5280 appendix A.1, ub-common-name. */
  commonNameLength: 64,
  /**
   * 32 decisions stay below 64 KiB even where all the others fail (a valid one has 0.3), sixteen
   * votes and a deep path below 4, the names below 26.
   */
  certificateBytes: 96 * 1024,
  /** 255 votes of 64 bytes and a result of 64 KiB, in hex and indented. */
  proofJsonBytes: 512 * 1024,
  /** 255 keys, and some hundred changes of a small cluster or ten of a large one. */
  validatorsJsonBytes: 2 * 1024 * 1024,
  /** Up to this many replicas the votes travel in the certificate itself (about 80 bytes each). */
  replicasWithVotesInCertificate: 16,
  /** Issuances in flight; each holds one request of a few KiB. */
  pendingRequests: 4096,
  /** Callers that wait for one and the same issuance. */
  waitersPerRequest: 16,
  /** Certificates the store keeps, some 4 KiB each; beyond it nothing is issued. */
  storedCertificates: 200_000,
  /** Entries of a transparency log: some 80 bytes of memory each, so 330 MiB at the very most. */
  logEntries: 2 ** 22,
  /** RFC 6962 §4.6: a log may give fewer entries than asked for. */
  logEntriesPerAnswer: 64,
  /** A draft whose vote never came back is forgotten after this. */
  draftKeepMs: 15 * 60 * 1000,
  /** Requests whose end is remembered by their id; issued ones are in the store anyway. */
  rememberedRequests: 16_384,
  /** Drafts that wait for proofs which their requesters make, a few KiB each, and how long. */
  pendingDrafts: 1024,
  draftForProofsMs: 5 * 60 * 1000,
  /** RFC 5280 §4.1.2.2 allows twenty octets; 128 bits of chance are sixteen. */
  serialBytes: 16,
  /** A question of 32 certificates, with the widest hashes and a nonce, stays below 8 KiB. */
  ocspRequestBytes: 8 * 1024,
  ocspRequests: 32,
  rsaMinBits: 2048,
  /** Verifying costs grow with the square: a requester must not be able to choose them freely. */
  rsaMaxBits: 8192,
} as const;
