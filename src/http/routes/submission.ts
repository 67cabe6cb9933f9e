import { utf8 } from '../../base/bytes.ts';
import { Writer } from '../../base/codec.ts';
import { digest } from '../../base/digest.ts';
import { requestDigest } from '../../pbft/envelope.ts';
import { limits as protocolLimits } from '../../pbft/limits.ts';
import { maxFaulty } from '../../pbft/quorum.ts';
import type { Submission, Unavailable } from '../../validation/service-types.ts';
import {
  type CertificateBody,
  certificateOperation,
} from '../../validation/wire/certificate-body.ts';
import { type FourProofBody, fourProofOperation } from '../../validation/wire/four-proof-body.ts';
import type { BodyOperation } from '../../validation/wire/request-of.ts';
import { toleratesFaults } from '../../validation/wire/requirements-json.ts';
import type { NodeParts } from '../node-parts.ts';
import { Problem, type ProblemKind, problems } from '../problem.ts';

/**
 * Names a body for as long as its answer is kept. The operation is all that is decided; what else
 * a body holds is here too, but for the time it was sent: who asks again does so later.
 */
function bodyDigest(kind: string, operation: Uint8Array, besides: unknown): string {
  const text = JSON.stringify(besides) ?? '';
  const writer = new Writer().text(kind).digest(requestDigest(operation)).bytes(utf8(text));
  return digest('hypermesh/http-body', writer.finish());
}

/** Metadata in one order: a body stays the same one whatever order its writer chose. */
function contextOf({ validation_context: context }: CertificateBody): unknown {
  if (context?.metadata === undefined) return context;
  const entries = Object.entries(context.metadata);
  return { ...context, metadata: entries.sort(([a], [b]) => (a < b ? -1 : 1)) };
}

/** The submission of a certificate body; throws the 401, 413 or 422 of one that cannot be taken. */
export function certificateSubmission(body: CertificateBody, parts: NodeParts): Submission {
  const made = taken(certificateOperation(body), body.request_id);
  const asked = body.consensus_requirements;
  checkTolerance(asked?.byzantine_tolerance, parts, body.request_id);
  const besides = [asked?.byzantine_tolerance, contextOf(body)];
  return {
    requestId: body.request_id,
    bodyDigest: bodyDigest('certificate', made.operation, besides),
    ...made,
    asked,
    authentic: parts.admission.isAuthentic(made.request),
  };
}

export function fourProofSubmission(body: FourProofBody, parts: NodeParts): Submission {
  const made = taken(fourProofOperation(body), body.request_id);
  return {
    requestId: body.request_id,
    bodyDigest: bodyDigest('four-proof', made.operation, null),
    ...made,
    asked: undefined,
    authentic: parts.admission.isAuthentic(made.request),
  };
}

function taken(made: BodyOperation, requestId: string) {
  if (!made.ok && made.fault === 'unsigned') {
    throw new Problem(problems.unsigned, {
      requestId,
      detail: 'no signature by the node key',
      errors: [{ pointer: made.pointer, detail: 'missing' }],
      // RFC 9110 §15.5.2 asks for a challenge: the signature is in the body.
      headers: { 'www-authenticate': 'HyperMesh-Signature realm="four-proof"' },
    });
  }
  if (!made.ok) {
    const { pointer, detail } = made;
    const errors = [{ pointer, detail }];
    throw new Problem(problems.impossible, { requestId, detail: `${pointer}: ${detail}`, errors });
  }
  const { operation, request } = made;
  if (operation.length > protocolLimits.clientOperationBytes) {
    const detail = `${operation.length} bytes, at most ${protocolLimits.clientOperationBytes}`;
    throw new Problem(problems.tooLarge, { requestId, detail });
  }
  return { operation, request };
}

function checkTolerance(asked: number | undefined, { epochs }: NodeParts, requestId: string): void {
  const n = epochs.current.validators.publicKeys.length;
  if (asked === undefined || toleratesFaults(n, asked)) return;
  const pointer = '/consensus_requirements/byzantine_tolerance';
  const detail = `${n} replicas tolerate ${maxFaulty(n)} faults`;
  const errors = [{ pointer, detail }];
  throw new Problem(problems.impossible, { requestId, detail: `${pointer}: ${detail}`, errors });
}

/** Throws the 429 of whoever asks too often. */
export function admit(submission: Submission, address: string, { service, admission }: NodeParts) {
  const { authentic, request, requestId } = submission;
  const isNew = service.lookUp(submission) === 'new';
  const signer = authentic ? request.subject.nodeId : null;
  admission.admit(admission.payerOf(signer, isNew, address), requestId);
}

export const kindOfUnavailable: Readonly<Record<Unavailable, ProblemKind>> = {
  saturated: problems.saturated,
  noQuorum: problems.noQuorum,
  deadline: problems.notDecided,
  storeFailed: problems.storeFailed,
  stopping: problems.stopping,
};
