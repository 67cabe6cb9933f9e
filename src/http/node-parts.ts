import type { SignatureScheme } from '../base/signature.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { NodeStatus } from '../node/status.ts';
import type { OperationDesk, TermsDesk } from '../validation/operation-desk.ts';
import type { ConsensusValidationService } from '../validation/service.ts';
import type { Admission } from './admission.ts';
import type { Readiness } from './health.ts';
import type { NodeMetrics } from './node-metrics.ts';

/** What the routes of a node work with. No rule lives in a route: it asks one of these. */
export interface NodeParts {
  readonly genesis: Genesis;
  readonly scheme: SignatureScheme;
  readonly epochs: EpochChain;
  readonly status: () => NodeStatus;
  readonly service: ConsensusValidationService;
  readonly desk: OperationDesk;
  readonly terms: TermsDesk;
  readonly admission: Admission;
  readonly metrics: NodeMetrics;
  readonly readiness: () => Readiness;
}
