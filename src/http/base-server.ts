import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { HttpLimits } from './limits.ts';
import {
  Problem,
  type ProblemDetails,
  type ProblemKind,
  problemMediaType,
  problems,
} from './problem.ts';

export interface TlsOptions {
  /** PEM. */
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  /** PEM of those who vouch for clients; with it every client must show a certificate. */
  readonly clientCa?: string | Buffer;
}

export interface BaseServerOptions {
  readonly limits: HttpLimits;
  readonly tls?: TlsOptions;
  readonly log?: FastifyBaseLogger;
  /** Told of every answer: the route's pattern, never the path that was asked for. */
  readonly onAnswered?: (answered: Answered) => void;
  /** Paths that are answered however much is under way: those that tell how it goes. */
  readonly always?: ReadonlySet<string>;
}

export interface Answered {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly tookMs: number;
}

/** What is under way on a server. */
export interface Traffic {
  requests: number;
  draining: boolean;
}

/**
 * A Fastify server with everything both kinds of ours have in common: limits on time, size and
 * number; problem documents for whatever goes wrong; no word of a client's that is believed
 * (forwarded headers, prototypes); and a close that lets finish what has begun, for so long.
 */
export function createBaseServer(options: BaseServerOptions): {
  readonly server: FastifyInstance;
  readonly traffic: Traffic;
} {
  const { limits, tls, log } = options;
  const traffic: Traffic = { requests: 0, draining: false };
  const http = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    // Sockets are looked at as often as the shorter of their timeouts needs.
    connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs),
  };
  const server = Fastify({
    ...(tls === undefined ? { http } : { https: { ...http, ...httpsOptions(tls) } }),
    ...(log === undefined ? {} : { loggerInstance: log }),
    // The answers are logged below, by route: paths and headers are the client's words.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxRequestsPerSocket: limits.requestsPerConnection,
    forceCloseConnections: true,
    return503OnClosing: false,
    trustProxy: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: 128 },
    clientErrorHandler: (error, socket) => refuseSocket(error, socket),
    frameworkErrors: (error, request, reply) => {
      const detail = error.message;
      sendProblem(request, reply, new Problem(problems.malformed, { detail }));
    },
  }) as unknown as FastifyInstance;
  (server.server as Server).maxConnections = limits.maxConnections;
  // Bodies are JSON; a route that takes another type says so itself.
  server.removeContentTypeParser('text/plain');
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler((error: FastifyError, request, reply) => {
    sendProblem(request, reply, problemOf(error, request));
  });
  setNotFound(server);
  countTraffic(server, options, traffic);
  server.addHook('preClose', async () => {
    traffic.draining = true;
    await settled(traffic, limits.drainTimeoutMs);
  });
  return { server, traffic };
}

function httpsOptions({ key, cert, clientCa }: TlsOptions) {
  const base = { key, cert, minVersion: 'TLSv1.2' as const };
  if (clientCa === undefined) return base;
  return { ...base, ca: clientCa, requestCert: true, rejectUnauthorized: true };
}

function countTraffic(
  server: FastifyInstance,
  { limits, onAnswered, always, log }: BaseServerOptions,
  traffic: Traffic,
): void {
  server.addHook('onRequest', async (request, reply) => {
    traffic.requests += 1;
    whenOver(reply, () => {
      traffic.requests -= 1;
    });
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      throw new Problem(problems.mediaType, { detail: 'content-encoding: only identity' });
    }
    if (always?.has(request.routeOptions.url ?? '')) return;
    if (traffic.draining) {
      const headers = { connection: 'close' };
      throw new Problem(problems.stopping, { headers, retryAfterMs: limits.drainTimeoutMs });
    }
    if (traffic.requests > limits.maxRequests) {
      throw new Problem(problems.saturated, { retryAfterMs: 1_000 });
    }
  });
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const { method } = request;
    const answered = { method, route, status: reply.statusCode, tookMs: reply.elapsedTime };
    onAnswered?.(answered);
    log?.debug({ ...answered, instance: request.id }, 'answered');
  });
}

/** Once, whether the answer went out or its reader went away. */
function whenOver({ raw }: FastifyReply, callback: () => void): void {
  let over = false;
  const end = (): void => {
    if (over) return;
    over = true;
    callback();
  };
  raw.once('finish', end);
  raw.once('close', end);
}

/** 404, or 405 where the path is known under another method. */
function setNotFound(server: FastifyInstance): void {
  const routes: { readonly path: readonly string[]; readonly method: string }[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    for (const one of [method].flat()) routes.push({ path: url.split('/'), method: one });
  });
  server.setNotFoundHandler((request, reply) => {
    const path = (request.url.split('?')[0] ?? '').split('/');
    const methods = routes.filter((route) => matches(route.path, path)).map((r) => r.method);
    const headers = methods.length > 0 ? { allow: [...new Set(methods)].join(', ') } : {};
    const kind = methods.length > 0 ? problems.methodNotAllowed : problems.notFound;
    sendProblem(request, reply, new Problem(kind, { headers }));
  });
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  if (pattern.length !== path.length) return false;
  return pattern.every((part, i) => part.startsWith(':') || part === path[i]);
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  const { kind } = problem;
  if (kind.status === 500) request.log.error({ err: problem.cause ?? problem }, 'our own fault');
  void reply
    .code(kind.status)
    .headers(problem.headers)
    .type(`${problemMediaType}; charset=utf-8`)
    .send(JSON.stringify(problem.document(`urn:hypermesh:request:${request.id}`)));
}

/** What Fastify's own errors mean, by their codes. */
const kindsByCode: Readonly<Record<string, ProblemKind>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: problems.tooLarge,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: problems.mediaType,
  FST_ERR_CTP_EMPTY_JSON_BODY: problems.malformed,
  FST_ERR_CTP_INVALID_JSON_BODY: problems.malformed,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: problems.malformed,
};

type SchemaFault = NonNullable<FastifyError['validation']>[number];

/** Where a fault is, by RFC 6901: the whole document is the empty pointer, "/" the key "". */
function placesOf({ instancePath, message, keyword, params }: SchemaFault) {
  const detail = message ?? 'not as expected';
  const at = instancePath === '/' ? '' : instancePath;
  const { keys } = params;
  if (keyword !== 'unrecognized_keys' || !Array.isArray(keys)) return [{ pointer: at, detail }];
  return keys.map((key) => {
    const escaped = String(key).replaceAll('~', '~0').replaceAll('/', '~1');
    return { pointer: `${at}/${escaped}`, detail: 'no such key is known here' };
  });
}

function problemOf(error: FastifyError, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  const requestId = requestIdOf(request);
  const named: ProblemDetails = requestId === null ? {} : { requestId };
  if (error.validation !== undefined) {
    const errors = error.validation.flatMap(placesOf);
    const [first] = errors;
    const where = error.validationContext === 'body' ? '' : `${error.validationContext} `;
    const detail = `${where}${first?.pointer ?? ''}: ${first?.detail ?? ''}`;
    return new Problem(problems.malformed, { ...named, detail, errors });
  }
  const kind = kindsByCode[error.code];
  if (kind !== undefined) return new Problem(kind, { ...named, detail: error.message });
  // Everything else that blames the client is a body that did not parse.
  if (error.statusCode === 400) {
    return new Problem(problems.malformed, { ...named, detail: error.message });
  }
  const ours = new Problem(problems.internal, named);
  ours.cause = error;
  return ours;
}

/** The id of a body that was read and found wanting, when it has a good one. */
function requestIdOf({ body }: FastifyRequest): string | null {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'request_id')) return null;
  const { request_id: id } = body as { readonly request_id: unknown };
  return typeof id === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(id) ? id : null;
}

/** What does not even get as far as a request: bytes that are no HTTP, headers that never end. */
function refuseSocket(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const kind =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? problems.headersTooLarge
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? problems.requestTimeout
        : problems.malformed;
  const body = JSON.stringify(new Problem(kind).document('urn:hypermesh:request:unread'));
  socket.end(
    `HTTP/1.1 ${kind.status} ${kind.title}\r\nContent-Type: ${problemMediaType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Resolves when nothing is under way any more, or after `timeoutMs`. */
async function settled(traffic: Traffic, timeoutMs: number): Promise<void> {
  const pollMs = 20;
  for (let waitedMs = 0; traffic.requests > 0 && waitedMs < timeoutMs; waitedMs += pollMs) {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
