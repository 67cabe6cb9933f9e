import type { ProofFailure } from '../proofs/request.ts';
import type { CertifiedAnswer } from '../runtime/validator.ts';
import type { IssuedCertificate } from '../trustchain/certificate-store.ts';
import type { Verdict } from './applicant.ts';
import type { Broken } from './parameters.ts';
import type { PlannedRequest } from './plan.ts';

/** One certificate request and what became of it. */
export interface RequestRecord {
  readonly name: string;
  readonly client: number;
  /** How it was broken on purpose; null for an honest one. */
  readonly broken: Broken | null;
  readonly outcome: 'issued' | 'rejected' | 'pending';
  readonly serial: string | null;
  readonly failures: readonly ProofFailure[];
  /**
   * To its certified answer by the clients' clock: from the moment it was due in an open loop, from
   * the moment it was asked in a closed one.
   */
  readonly latencyMs: number | null;
  readonly sequence: number | null;
}

/** What the workload tells its readers. `nowMs`: milliseconds since 1970, the clients' clock. */
export type WorkloadEvent =
  /** The client's plot stands in the ledger; its requests begin. */
  | {
      readonly type: 'enrolled';
      readonly client: number;
      readonly sequence: number;
      readonly nowMs: number;
    }
  /** Not answered, or refused for being late through no fault of its own: asked again. */
  | {
      readonly type: 'retried';
      readonly client: number;
      readonly name: string;
      readonly reason: string;
      readonly nowMs: number;
    }
  | {
      readonly type: 'answered';
      readonly record: RequestRecord;
      readonly certificate: IssuedCertificate | null;
      readonly certified: CertifiedAnswer;
      readonly nowMs: number;
    }
  /** Never to be answered: the record stays pending. */
  | {
      readonly type: 'gaveUp';
      readonly record: RequestRecord;
      readonly reason: string;
      readonly nowMs: number;
    };

export function pendingRecord({ name, client, broken }: PlannedRequest): RequestRecord {
  const unknown = { serial: null, failures: [], latencyMs: null, sequence: null };
  return { name, client, broken, outcome: 'pending', ...unknown };
}

export function recordOf(
  request: PlannedRequest,
  verdict: Verdict,
  latencyMs: number,
): RequestRecord {
  if (verdict.type === 'gaveUp') return pendingRecord(request);
  const { name, client, broken } = request;
  return {
    name,
    client,
    broken,
    outcome: verdict.type,
    serial: verdict.type === 'issued' ? verdict.certificate.serial : null,
    failures: verdict.type === 'rejected' ? verdict.failures : [],
    latencyMs,
    sequence: verdict.certified.certificate.statement.sequence,
  };
}
