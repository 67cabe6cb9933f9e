import { z } from 'zod';
import type { Digest } from '../../base/digest.ts';
import type { ValidationResult } from '../../ledger/result.ts';
import type { FailedProof, ProofName } from '../../proofs/request.ts';
import { count, hash } from '../../runtime/json-format.ts';
import type { CertifiedAnswer } from '../../runtime/validator.ts';
import { nodeKey, requestId } from './formats.ts';
import { type RequirementsEcho, requirementsEchoSchema } from './requirements-json.ts';
import { certifiedToJson, resultCertificateSchema } from './result-certificate-json.ts';

export const proofNames = [
  'space',
  'stake',
  'work',
  'time',
] as const satisfies readonly ProofName[];

const failedProofs = [
  ...proofNames,
  'signature',
  'replay',
] as const satisfies readonly FailedProof[];

const shortText = z.string().max(1024);
const duration = z.number().min(0);
const instant = z.iso.datetime({ precision: 3 });

const proofResultSchema = z.object({
  valid: z.boolean(),
  reason: shortText.nullable(),
  measured: shortText,
  required: shortText,
});

/** What the answering node knows of its peers, measured when it answered. */
export const bftStatusSchema = z.object({
  byzantine_nodes_detected: count,
  byzantine_nodes: z.array(nodeKey).max(255).meta({ description: 'Keys of the convicted' }),
  fault_tolerance_maintained: z.boolean(),
  quorum_achieved: z.boolean(),
  recovery_action_taken: z
    .enum(['isolated', 'standby_promoted'])
    .nullable()
    .meta({ description: 'The last thing the cluster decided against a convicted replica' }),
});

export type BftStatusJson = z.infer<typeof bftStatusSchema>;

export const resultStatuses = [
  'valid',
  'invalid',
  'pending',
  'timeout',
  'byzantine_detected',
  'error',
] as const;

/** The answer to every validation, contract §4. Null is what is not known before a decision. */
export const validationResultSchema = z.object({
  request_id: requestId,
  status: z.enum(resultStatuses),
  failed_proofs: z.array(z.enum(failedProofs)).max(failedProofs.length).optional(),
  reason: shortText.optional(),
  estimated_completion: instant.optional(),
  error_code: z.string().max(64).optional(),
  message: shortText.optional(),
  proof_hash: hash.nullable().meta({
    description: 'Digest of the ordered operation: subject, proofs, signature',
  }),
  validator_id: nodeKey.meta({
    description: 'The node that answers; the quorum is in the certificate',
  }),
  validated_at: instant.nullable().meta({ description: 'Agreed time of the decision' }),
  result_certificate: resultCertificateSchema.nullable(),
  metrics: z.object({
    validation_time_us: duration,
    validator_nodes: count,
    confidence_level: z.number().min(0).max(1).meta({ description: 'Signatures ÷ validators' }),
    network_load: z.number().min(0).max(1),
  }),
  details: z.object({
    proof_results: z
      .object({
        space: proofResultSchema,
        stake: proofResultSchema,
        work: proofResultSchema,
        time: proofResultSchema,
      })
      .nullable(),
    failures: z
      .array(
        z.object({ proof: z.enum(failedProofs), ...proofResultSchema.omit({ valid: true }).shape }),
      )
      .max(32)
      .meta({ description: 'Every broken rule, cheap checks first' }),
    consensus_requirements: requirementsEchoSchema.nullable(),
    bft_status: bftStatusSchema,
    performance_stats: z.object({ consensus_latency_ms: duration, queue_wait_ms: duration }),
  }),
});

export type ValidationResultJson = z.infer<typeof validationResultSchema>;

/** Body of the batch's answer, in the order of the requests. */
export const batchAnswerSchema = z.object({ results: z.array(validationResultSchema) });

/** What the answering node measured; everything else in a result is the quorum's word. */
export interface Measured {
  readonly validatorId: string;
  /** From the arrival of the body to the certificate. */
  readonly validationTimeUs: number;
  /** Of that: from handing the operation to the replicas to the certificate. */
  readonly consensusLatencyMs: number;
  readonly queueWaitMs: number;
  /** 0 idle, 1 at the bound. */
  readonly networkLoad: number;
  /** Members of the epoch that decided. */
  readonly n: number;
  readonly bft: BftStatusJson;
}

/** What is known of a request whether or not it is decided. */
export interface Asked {
  readonly requestId: string;
  /** Of the operation; null for a body that stands for none. */
  readonly digest: Digest | null;
}

/** An answer without a decision. */
export function undecidedResult(
  { requestId: id, digest }: Asked,
  measured: Measured,
  status:
    | { readonly status: 'pending'; readonly estimated_completion: string }
    | { readonly status: 'timeout' | 'byzantine_detected'; readonly message: string }
    | { readonly status: 'error'; readonly error_code: string; readonly message: string },
): ValidationResultJson {
  return {
    request_id: id,
    ...status,
    proof_hash: digest,
    validator_id: measured.validatorId,
    validated_at: null,
    result_certificate: null,
    metrics: metricsOf(measured, 0),
    details: {
      proof_results: null,
      failures: [],
      consensus_requirements: null,
      bft_status: measured.bft,
      performance_stats: statisticsOf(measured),
    },
  };
}

/** The quorum's decision as the contract spells it; `result` is what `certified` decodes to. */
export function decidedResult(
  { requestId: id, digest }: Asked,
  certified: CertifiedAnswer,
  result: ValidationResult,
  requirements: RequirementsEcho,
  measured: Measured,
): ValidationResultJson {
  const { failures } = result;
  const failed = [...new Set(failures.map(({ proof }) => proof))];
  const reason = failures.map((f) => `${f.proof}: ${f.reason}`).join('; ');
  return {
    request_id: id,
    status: result.status,
    ...(result.status === 'invalid' && { failed_proofs: failed, reason: reason.slice(0, 1024) }),
    proof_hash: digest,
    validator_id: measured.validatorId,
    validated_at: new Date(result.decidedAtMs).toISOString(),
    result_certificate: certifiedToJson(certified),
    metrics: metricsOf(measured, certified.certificate.votes.length),
    details: {
      proof_results: {
        space: proofResult('space', result),
        stake: proofResult('stake', result),
        work: proofResult('work', result),
        time: proofResult('time', result),
      },
      failures: failures.map((failure) => ({ ...failure })),
      consensus_requirements: requirements,
      bft_status: measured.bft,
      performance_stats: statisticsOf(measured),
    },
  };
}

/** The first broken rule with its own measure, or the proof's measure against its target. */
function proofResult(name: ProofName, { failures, measured }: ValidationResult) {
  const failure = failures.find(({ proof }) => proof === name);
  const { measured: found, required } = failure ?? measured[name];
  return {
    valid: failure === undefined,
    reason: failure?.reason ?? null,
    measured: found,
    required,
  };
}

function metricsOf(measured: Measured, votes: number): ValidationResultJson['metrics'] {
  return {
    validation_time_us: measured.validationTimeUs,
    validator_nodes: measured.n,
    confidence_level: measured.n === 0 ? 0 : votes / measured.n,
    network_load: measured.networkLoad,
  };
}

function statisticsOf({ consensusLatencyMs, queueWaitMs }: Measured) {
  return { consensus_latency_ms: consensusLatencyMs, queue_wait_ms: queueWaitMs };
}
