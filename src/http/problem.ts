import { wireLimits } from '../validation/wire/limits.ts';
import { type ProblemJson, problemMediaType } from '../validation/wire/problem.ts';

/** A kind of problem (RFC 9457): `code` for programs, `title` for people, always the same pair. */
export interface ProblemKind {
  readonly code: string;
  readonly status: number;
  readonly title: string;
}

/** What any server of this program may answer. */
export const problems = {
  malformed: {
    code: 'malformed',
    status: 400,
    title: 'The request is not what the schema asks for',
  },
  unsigned: { code: 'unsigned', status: 401, title: 'The request is not signed' },
  notFound: { code: 'not_found', status: 404, title: 'Nothing is known under this name' },
  methodNotAllowed: { code: 'method_not_allowed', status: 405, title: 'Not by this method' },
  requestTimeout: {
    code: 'request_timeout',
    status: 408,
    title: 'The request did not come in time',
  },
  conflict: { code: 'conflict', status: 409, title: 'This id has the decision of another body' },
  tooLarge: { code: 'too_large', status: 413, title: 'The request is too large' },
  mediaType: { code: 'unsupported_media_type', status: 415, title: 'Not in this media type' },
  impossible: { code: 'impossible', status: 422, title: 'Well-formed, but it cannot be done' },
  throttled: { code: 'throttled', status: 429, title: 'Too many requests of this client' },
  headersTooLarge: { code: 'headers_too_large', status: 431, title: 'The headers are too large' },
  internal: { code: 'internal', status: 500, title: 'Our own fault' },
  saturated: { code: 'saturated', status: 503, title: 'Too much waits already' },
  noQuorum: { code: 'no_quorum', status: 503, title: 'This node sees no quorum' },
  notDecided: { code: 'not_decided', status: 503, title: 'Not decided by the deadline' },
  storeFailed: { code: 'store_failed', status: 503, title: 'Nothing can be kept on disk' },
  stopping: { code: 'stopping', status: 503, title: 'This server is stopping' },
} as const satisfies Readonly<Record<string, ProblemKind>>;

export interface ProblemDetails {
  readonly detail?: string;
  /** Where in the body, by JSON pointer. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly requestId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** When it may be worth another try. */
  readonly retryAfterMs?: number;
  /** Members of its own (RFC 9457 §3.2); the standard ones cannot be replaced. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Thrown by routes; the server turns it into the answer. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly details: ProblemDetails;

  constructor(kind: ProblemKind, details: ProblemDetails = {}) {
    super(details.detail ?? kind.title);
    this.name = 'Problem';
    this.kind = kind;
    this.details = details;
  }

  get headers(): Readonly<Record<string, string>> {
    const { headers, retryAfterMs } = this.details;
    if (retryAfterMs === undefined) return headers ?? {};
    return { ...headers, 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  }

  /** The document; `instance` names the occurrence, for the log. */
  document(instance: string): ProblemJson {
    const { detail, errors, requestId, extra } = this.details;
    return {
      ...extra,
      type: `urn:hypermesh:problem:${this.kind.code}`,
      title: this.kind.title,
      status: this.kind.status,
      code: this.kind.code,
      ...(detail !== undefined && { detail: detail.slice(0, 2048) }),
      instance,
      ...(errors !== undefined && {
        errors: errors.slice(0, wireLimits.problems).map((error) => ({
          pointer: error.pointer.slice(0, 512),
          detail: error.detail.slice(0, 512),
        })),
      }),
      ...(requestId !== undefined && { request_id: requestId }),
    };
  }
}

export { problemMediaType };
