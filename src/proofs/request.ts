import type { Digest } from '../base/digest.ts';
import type { SpaceProof } from './space.ts';
import type { StakeProof } from './stake.ts';
import type { TimeProof } from './time.ts';
import type { WorkProof } from './work.ts';

/** Chance that no one could foresee, renewed by the ledger; dates everything derived from it. */
export interface Beacon {
  readonly epoch: number;
  readonly value: Digest;
}

/** What a requester may ask for beyond the cluster's profile. Weaker wishes change nothing. */
export interface Requirements {
  readonly minimumStake: number;
  readonly maxTimeOffsetMs: number;
  readonly minimumStorageBytes: number;
  /** log2 of the SHA-256 hashes a proof of work stands for, on average. */
  readonly minimumComputeBits: number;
  /**
   * What is computed; absent: SHA-256. The cluster's to say, never a requester's: verifiers pay for
   * it too.
   */
  readonly workFunction?: WorkFunction;
}

/** `scrypt` is memory-hard; a verifier pays ten milliseconds for it, two µs for `sha256`. */
export type WorkFunction = 'sha256' | 'scrypt';

/** All four or nothing. */
export interface ProofSet {
  readonly space: SpaceProof;
  readonly stake: StakeProof;
  readonly work: WorkProof;
  readonly time: TimeProof;
}

/** What the node key signs, besides the proofs: hashed, it is what every proof commits to. */
export interface CertificateSubject {
  /** Chosen by the requester, unique per node: 1 to 64 characters of [A-Za-z0-9._-]. */
  readonly requestId: string;
  readonly commonName: string;
  readonly sanEntries: readonly string[];
  /** Ed25519 public key of the node that owns plot and stake, 32 bytes. */
  readonly nodeId: Uint8Array;
  readonly ipv6Addresses: readonly string[];
  /** SubjectPublicKeyInfo (DER) of the key the certificate is for. */
  readonly publicKey: Uint8Array;
  /** Binds the vote to one to-be-signed certificate; null for services that are no CA. */
  readonly tbsDigest: Digest | null;
  /** End of the certificate's life, milliseconds since 1970: the stake stays locked past it. */
  readonly notAfterMs: number;
  readonly requirements: Requirements | null;
}

/** What is asked and what backs it: alone under its signature, or with others under one. */
export interface ProvenSubject {
  readonly subject: CertificateSubject;
  readonly proofs: ProofSet;
}

export interface CertificateRequest extends ProvenSubject {
  /** By the node key over subject and proofs. */
  readonly signature: Uint8Array;
}

/** Why a request was refused: a proof, the signature over all, or something used before. */
export type FailedProof = 'space' | 'stake' | 'work' | 'time' | 'signature' | 'replay';

export interface ProofFailure {
  readonly proof: FailedProof;
  readonly reason: string;
  /** With unit, as in `12 bits`. */
  readonly measured: string;
  readonly required: string;
}

export type ProofName = 'space' | 'stake' | 'work' | 'time';

/** One proof against its target, in words with units. */
export interface Measure {
  readonly measured: string;
  readonly required: string;
}

/** What a check of one proof found: the measure always, failures only where a rule is broken. */
export interface ProofReport extends Measure {
  readonly failures: readonly ProofFailure[];
}
