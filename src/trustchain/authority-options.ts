import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { ValidatorSet, VerifyVote } from '../pbft/replica.ts';
import type { CertificateSubject, Requirements } from '../proofs/request.ts';
import type { Clock, Journal } from '../runtime/ports.ts';
import type { Validator } from '../runtime/validator.ts';
import type { Issuer } from './issuer.ts';
import type { ByteSource } from './keys.ts';
import type { LeafProfile } from './leaf-profile.ts';
import type { TransparencyLog } from './log/transparency-log.ts';
import type { NamePolicy } from './policy.ts';
import type { RenewalWish } from './renewal.ts';
import type { ServiceUrls } from './service-urls.ts';

/**
 * Makes the four proofs for a request, from a registered node, or hands over what the requester
 * made. May answer at once or later, once; null when it cannot.
 */
export interface ProofAgent {
  /** Ed25519 public key of the node that owns plot and stake, 32 bytes. */
  readonly nodeId: Uint8Array;
  /** Answers with the operation to be ordered: an encoded `validate` of this subject. */
  prove(subject: CertificateSubject, done: (operation: Uint8Array | null) => void): void;
}

export interface AuthorityOptions {
  readonly issuer: Issuer;
  /** Where every certificate is entered before it exists; its key goes into `validators.json`. */
  readonly log: TransparencyLog;
  /** Those of the first epoch; what follows on them is in `epochs`. */
  readonly validators: ValidatorSet;
  /** The membership epochs that whoever is the `validator` finds; absent: there is one for ever. */
  readonly epochs?: EpochChain;
  /** Of the validators' keys, for `validators.json`. */
  readonly scheme: 'ed25519' | 'ideal';
  readonly verify: VerifyVote;
  readonly validator: Validator;
  readonly clock: Clock;
  /** Serials. */
  readonly chance: ByteSource;
  readonly policy?: NamePolicy;
  readonly profile?: LeafProfile;
  /** What leaves say of where to ask for their standing; null or absent: nothing. */
  readonly urls?: ServiceUrls | null;
  readonly extensionOid?: string;
  /** Requests under way at most; by default `limits.pendingRequests`. */
  readonly maxPending?: number;
  /** Null: nothing survives a crash. */
  readonly journal?: Journal | null;
}

/** What a requester says beside its PKCS #10. */
export interface IssuanceWish {
  readonly requestId: string;
  readonly requirements?: Requirements | null;
  /** Absent: the authority's own. */
  readonly profile?: LeafProfile;
  /** It follows on a certificate in force, whose names and usage it takes. */
  readonly renewal?: RenewalWish;
}
