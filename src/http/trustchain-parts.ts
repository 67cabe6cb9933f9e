import type { NodeProver } from '../prover/node-prover.ts';
import type { Clock } from '../runtime/ports.ts';
import type { CertificateAuthority, ProofAgent } from '../trustchain/authority.ts';
import type { Issuer } from '../trustchain/issuer.ts';
import type { AnsweringLog } from '../trustchain/log/answers.ts';
import type { ReadyProofs } from '../trustchain/ready-proofs.ts';
import type { RequestDesk } from '../trustchain/request-desk.ts';
import type { TokenBuckets } from './token-buckets.ts';

/** What TrustChain's routes stand on. */
export interface TrustchainParts {
  readonly authority: CertificateAuthority;
  readonly desk: RequestDesk;
  readonly ready: ReadyProofs;
  /** The own node. */
  readonly prover: NodeProver;
  /** Proves with it for requesters without a node of their own. */
  readonly agent: ProofAgent;
  readonly chainId: string;
  readonly log: AnsweringLog;
  readonly issuer: Issuer;
  /** SubjectPublicKeyInfo of those on whose word any certificate is revoked. */
  readonly operatorKeys: readonly Uint8Array[];
  readonly buckets: TokenBuckets;
  readonly onThrottled: () => void;
  readonly health: () => TrustchainHealth;
  /** Where a person finds more to look at; absent: nowhere. */
  readonly pageUrl?: string;
  readonly clock: Clock;
  /** How long an answer may take before it is a 202 or a 503. */
  readonly waitMs: number;
}

/** Measured, never a constant. */
export interface TrustchainHealth {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  /** Why it is not healthy, for people. */
  readonly reasons: readonly string[];
  readonly enrolled: boolean;
  /** Milliseconds since a quorum answered this process; null: never. */
  readonly quorumHeardMs: number | null;
  readonly pending: number;
  readonly certificates: number;
  readonly logSize: number;
}
