import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  getEntries,
  getEntryAndProof,
  getProofByHash,
  getRoots,
  getSth,
  getSthConsistency,
  type LogAnswer,
} from '../trustchain/log/answers.ts';
import { fromPem } from '../trustchain/pem.ts';
import type { Crl } from '../trustchain/revocation-desk.ts';
import { describe } from './openapi.ts';
import { Problem, problems } from './problem.ts';
import type { TrustchainParts } from './trustchain-parts.ts';
import type { TypedServer } from './trustchain-server.ts';

/** An OCSP request names one certificate or a few. */
const ocspRequestBytes = 16 * 1024;
const ocspRequestType = 'application/ocsp-request';
const ocspType = 'application/ocsp-response';
const pem = 'application/x-pem-file';
const asIs = (payload: unknown): string => payload as string;

/** What relying parties fetch: certificates of the authority, lists, OCSP, the log. */
export function addPublicRoutes(server: TypedServer, parts: TrustchainParts): void {
  const { authority } = parts;
  const { pageUrl } = parts;
  if (pageUrl !== undefined) {
    server.get('/', {
      schema: describe('page', 'Leads to the live page of the cluster'),
      handler: async (_, reply) => reply.redirect(pageUrl),
    });
  }
  server.get('/ca.pem', {
    schema: describe('caCertificates', 'The issuing certificate, then the root, in PEM'),
    handler: async (_, reply) => reply.type(pem).send(authority.caPem),
  });
  server.get('/issuer.der', {
    schema: describe('issuerCertificate', 'The issuing certificate in DER'),
    handler: async (_, reply) => {
      const bytes = fromPem('CERTIFICATE', parts.chainPem);
      return reply.type('application/pkix-cert').send(Buffer.from(bytes ?? []));
    },
  });
  server.get('/validators.json', {
    schema: describe('validatorSet', 'Who may vote, for `hypermesh verify --validators`'),
    handler: async (_, reply) => {
      return reply.type('application/json; charset=utf-8').send(authority.validatorsJson);
    },
  });
  addCrlRoutes(server, parts);
  addOcspRoutes(server, parts);
  addLogRoutes(server, parts);
}

function addCrlRoutes(server: TypedServer, { authority }: TrustchainParts): void {
  const { revocations } = authority;
  const whole = (): Promise<Crl | null> => take((done) => revocations.crl(done));
  server.get('/crl.der', {
    schema: describe('revocationList', 'What was revoked, in DER'),
    handler: async (_, reply) => sendCrl(reply, await whole()),
  });
  server.get('/crl.pem', {
    schema: describe('revocationListPem', 'The same in PEM'),
    handler: async (_, reply) => {
      const crl = await whole();
      return reply.type(pem).send(crl?.pem ?? '');
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
      return sendCrl(reply, await take((done) => revocations.crlShard(number, done)));
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

function sendCrl(reply: FastifyReply, crl: Crl | null): FastifyReply {
  if (crl === null) throw new Problem(problems.notFound);
  return reply.type('application/pkix-crl').send(Buffer.from(crl.der));
}

/** RFC 6960 appendix A: GET with the request in base64, or POST with its bytes. */
function addOcspRoutes(server: TypedServer, { authority }: TrustchainParts): void {
  const { revocations } = authority;
  const answer = (reply: FastifyReply, request: Uint8Array): FastifyReply => {
    return reply.type(ocspType).send(Buffer.from(revocations.ocsp(request)));
  };
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
      return answer(reply, request.body);
    },
  });
  server.get('/ocsp/*', {
    schema: describe('ocspByGet', 'OCSP, the request in base64 behind the slash'),
    handler: async (request, reply) => {
      const { '*': text } = request.params as { readonly '*': string };
      return answer(reply, Buffer.from(text, 'base64'));
    },
  });
}

/** RFC 6962 §4. A parameter given twice is none. */
function addLogRoutes(server: TypedServer, { log }: TrustchainParts): void {
  type Query = Readonly<Record<string, string | undefined>>;
  const answers: Readonly<Record<string, (query: Query) => LogAnswer<unknown>>> = {
    'get-sth': () => getSth(log),
    'get-sth-consistency': ({ first, second }) => getSthConsistency(log, { first, second }),
    'get-proof-by-hash': ({ hash, tree_size: size }) =>
      getProofByHash(log, { hash, tree_size: size }),
    'get-entries': ({ start, end }) => getEntries(log, { start, end }),
    'get-roots': () => getRoots(log),
    'get-entry-and-proof': ({ leaf_index: index, tree_size: size }) =>
      getEntryAndProof(log, { leaf_index: index, tree_size: size }),
  };
  for (const [name, answer] of Object.entries(answers)) {
    server.get(`/ct/v1/${name}`, {
      schema: describe(camelCase(name), `RFC 6962, ${name}`),
      handler: async (request, reply) => {
        const given = Object.entries(request.query as Record<string, unknown>);
        const once = given.filter(([, value]) => typeof value === 'string');
        const found = answer(Object.fromEntries(once) as Query);
        if (found.ok) {
          const body = JSON.stringify(found.body);
          return reply.type('application/json; charset=utf-8').serializer(asIs).send(body);
        }
        const kind = found.status === 404 ? problems.notFound : problems.malformed;
        throw new Problem(kind, { detail: found.detail });
      },
    });
  }
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
