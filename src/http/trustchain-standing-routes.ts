import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sha256 } from '../base/digest.ts';
import { ocspRequestOfPath } from '../trustchain/ocsp-request.ts';
import { toPem } from '../trustchain/pem.ts';
import type { Crl } from '../trustchain/revocation-desk.ts';
import { describe } from './openapi.ts';
import { Problem, problems } from './problem.ts';
import type { TrustchainParts } from './trustchain-parts.ts';
import type { TypedServer } from './trustchain-server.ts';

/** An OCSP request names one certificate or a few. */
const ocspRequestBytes = 16 * 1024;
const ocspRequestType = 'application/ocsp-request';
const ocspType = 'application/ocsp-response';
const crlType = 'application/pkix-crl';

/** How certificates stand: lists and OCSP. */
export function addStandingRoutes(server: TypedServer, parts: TrustchainParts): void {
  addCrlRoutes(server, parts);
  addRootCrlRoute(server, parts);
  addOcspRoutes(server, parts);
}

function addCrlRoutes(server: TypedServer, { authority, issuer }: TrustchainParts): void {
  const { revocations } = authority;
  const whole = (): Promise<Crl | null> => take((done) => revocations.crl(done));
  server.get('/crl.der', {
    schema: describe('revocationList', 'What was revoked, in DER'),
    handler: async (request, reply) => sendKept(request, reply, crlType, (await whole())?.der),
  });
  server.get('/crl.pem', {
    schema: describe('revocationListPem', 'The same in PEM, and then the list of the root'),
    handler: async (request, reply) => {
      const crl = await whole();
      const ofRoot = issuer.rootCrl === null ? '' : toPem('X509 CRL', issuer.rootCrl);
      const text = Buffer.from((crl?.pem ?? '') + ofRoot);
      return sendKept(request, reply, 'application/x-pem-file', text);
    },
  });
  server.get('/crl/:shard.der', {
    schema: {
      ...describe('revocationListShard', 'The list of one distribution point, in DER'),
      params: z.object({ shard: z.string().max(8) }),
    },
    handler: async (request, reply) => {
      const { shard } = request.params;
      const number = /^(0|[1-9][0-9]{0,2})$/.test(shard) ? Number(shard) : -1;
      const crl = await take((done) => revocations.crlShard(number, done));
      return sendKept(request, reply, crlType, crl?.der);
    },
  });
}

function addRootCrlRoute(server: TypedServer, { issuer }: TrustchainParts): void {
  server.get('/crl/root.der', {
    schema: describe('rootRevocationList', 'The list of the root: of intermediates, in DER'),
    handler: async (request, reply) => {
      return sendKept(request, reply, crlType, issuer.rootCrl ?? undefined);
    },
  });
}

function take(
  ask: (done: (error: Error | null, crl: Crl | null) => void) => void,
): Promise<Crl | null> {
  return new Promise((resolve, reject) => {
    ask((error, crl) => {
      if (error === null) resolve(crl);
      else reject(new Problem(problems.storeFailed, { detail: error.message }));
    });
  });
}

const tags = new WeakMap<Uint8Array, string>();

/** RFC 9110 §8.8.3: strong, for the same bytes have the same one. */
function entityTag(bytes: Uint8Array): string {
  const known = tags.get(bytes);
  if (known !== undefined) return known;
  const tag = `"${Buffer.from(sha256(bytes)).toString('base64url')}"`;
  tags.set(bytes, tag);
  return tag;
}

/**
 * What caches may keep if they ask each time whether it still stands (RFC 9111 §5.2.2.4): a
 * revocation counts from the next fetch on, not from the end of somebody's `max-age`. That rules
 * out what RFC 5019 §6 advises for OCSP, which trades just this for fewer questions.
 */
function sendKept(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  bytes: Uint8Array | undefined,
): FastifyReply {
  if (bytes === undefined) throw new Problem(problems.notFound);
  const tag = entityTag(bytes);
  reply.headers({ 'cache-control': 'public, no-cache, no-transform', etag: tag });
  const known = request.headers['if-none-match']?.split(',').map((one) => one.trim()) ?? [];
  const isKnown = known.some((one) => one === '*' || one.replace(/^W\//, '') === tag);
  if (isKnown) return reply.code(304).send();
  return reply.type(type).send(Buffer.from(bytes));
}

/** RFC 6960 appendix A: GET with the request in base64, or POST with its bytes. */
function addOcspRoutes(server: TypedServer, { authority }: TrustchainParts): void {
  const { revocations } = authority;
  server.addContentTypeParser(
    ocspRequestType,
    { parseAs: 'buffer', bodyLimit: ocspRequestBytes },
    (_request: FastifyRequest, body: Buffer, done: (error: null, body: Buffer) => void) => {
      done(null, body);
    },
  );
  server.post('/ocsp', {
    schema: { ...describe('ocsp', 'OCSP (RFC 6960)'), consumes: [ocspRequestType] },
    bodyLimit: ocspRequestBytes,
    handler: async (request, reply) => {
      if (!Buffer.isBuffer(request.body)) {
        throw new Problem(problems.mediaType, { detail: `content-type: only ${ocspRequestType}` });
      }
      return reply.type(ocspType).send(Buffer.from(revocations.ocsp(request.body)));
    },
  });
  server.get('/ocsp/*', {
    schema: describe('ocspByGet', 'OCSP, the request in base64 behind the slash'),
    handler: async (request, reply) => {
      // As it was sent: a slash of base64 is no path, and a plus is no space.
      const path = request.url.slice('/ocsp/'.length).split('?')[0] ?? '';
      return sendKept(request, reply, ocspType, revocations.ocsp(ocspRequestOfPath(path)));
    },
  });
}
