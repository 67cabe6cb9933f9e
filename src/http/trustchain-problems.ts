import type { Refusal, RefusalCode } from '../trustchain/refusal.ts';
import type { FinalOutcome } from '../trustchain/request-desk.ts';
import { certifiedToJson } from '../validation/wire/result-certificate-json.ts';
import { Problem, type ProblemKind, problems } from './problem.ts';

/** What TrustChain may answer beyond what any server of ours does. */
export const trustchainProblems = {
  notAllowed: {
    code: 'not_allowed',
    status: 403,
    title: 'The policy of this authority does not allow it',
  },
  unauthorised: {
    code: 'unauthorised',
    status: 403,
    title: 'Signed by neither the subject nor the operator',
  },
  proofsRefused: {
    code: 'proofs_refused',
    status: 422,
    title: 'A quorum found the proofs wanting',
  },
  draftUnknown: {
    code: 'draft_unknown',
    status: 409,
    title: 'No draft of this node and request id waits for proofs',
  },
  notAcceptable: { code: 'not_acceptable', status: 406, title: 'Not in this media type' },
} as const satisfies Readonly<Record<string, ProblemKind>>;

/** Every other code says what is wrong with the request itself: 422. */
const kinds: Readonly<Partial<Record<RefusalCode, ProblemKind>>> = {
  tooLarge: problems.tooLarge,
  malformed: problems.malformed,
  nameNotAllowed: trustchainProblems.notAllowed,
  nameDenied: trustchainProblems.notAllowed,
  wildcardNotAllowed: trustchainProblems.notAllowed,
  addressNotAllowed: trustchainProblems.notAllowed,
  unknownCertificate: problems.notFound,
  notTheHolder: trustchainProblems.unauthorised,
  otherNames: trustchainProblems.notAllowed,
  notInForce: problems.conflict,
  overloaded: problems.saturated,
  duplicateRequest: problems.conflict,
  agentFailed: trustchainProblems.draftUnknown,
  noQuorum: problems.noQuorum,
  answerNotAccepted: problems.notDecided,
  storageFailed: problems.storeFailed,
  lintFailed: problems.internal,
};

const retryAfterMs = 2_000;

/** A refusal of the authority's own: its code is in `refusal`, the place is the CSR. */
export function refusedProblem({ code, detail }: Refusal, requestId: string): Problem {
  const kind = kinds[code] ?? problems.impossible;
  const wait = kind.status === 503 ? { retryAfterMs } : {};
  const aboutCsr = kind.status !== 503 && kind.status !== 409;
  const errors = aboutCsr ? { errors: [{ pointer: '/csr', detail: `${code}: ${detail}` }] } : {};
  const extra = { refusal: code };
  return new Problem(kind, { detail: `${code}: ${detail}`, requestId, extra, ...wait, ...errors });
}

/** A quorum's no: which proofs failed, by how much, and the votes that say so. */
export function invalidProblem(
  { failures, certified }: FinalOutcome & { readonly type: 'invalid' },
  requestId: string,
): Problem {
  const detail = failures.map(({ proof, reason }) => `${proof}: ${reason}`).join('; ');
  return new Problem(trustchainProblems.proofsRefused, {
    detail,
    requestId,
    extra: {
      status_of_request: 'invalid',
      failed_proofs: [...new Set(failures.map(({ proof }) => proof))],
      failures,
      result_certificate: certifiedToJson(certified),
    },
  });
}

/** Pending for want of a quorum: it is asked for again all the while, and here is where to look. */
export function heldProblem(detail: string, requestId: string, location: string): Problem {
  return new Problem(problems.noQuorum, {
    detail: `${detail}; the request stays pending`,
    requestId,
    retryAfterMs,
    headers: { location },
  });
}
