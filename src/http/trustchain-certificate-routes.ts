import { X509Certificate } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { bytesOf } from '../runtime/json-format.ts';
import type { IssuedCertificate } from '../trustchain/certificate-store.ts';
import type { RevocationOutcome } from '../trustchain/revocation.ts';
import { revocationWord } from '../trustchain/revocation-word.ts';
import { answersOf, describe } from './openapi.ts';
import { Problem, problems } from './problem.ts';
import {
  certificateSchema,
  certificateToJson,
  revocationBodySchema,
  revokedSchema,
} from './trustchain-json.ts';
import type { TrustchainParts } from './trustchain-parts.ts';
import { trustchainProblems } from './trustchain-problems.ts';
import type { TypedServer } from './trustchain-server.ts';

export const serialParams = z.object({ serial: z.string().max(64) });
const pemChain = 'application/pem-certificate-chain';
const der = 'application/pkix-cert';

export function addCertificateRoutes(server: TypedServer, parts: TrustchainParts): void {
  server.get('/certificates/:serial', {
    schema: {
      ...describe('certificate', 'One certificate: its chain in PEM, or JSON by Accept'),
      params: serialParams,
      response: answersOf({ 200: z.union([z.string(), certificateSchema]) }, [404]),
    },
    handler: async (request, reply) => {
      const found = known(parts, request.params.serial);
      return sendCertificate(reply, found, request.headers.accept, parts);
    },
  });
  server.get('/certificates/:serial/proof', {
    schema: {
      ...describe('certificateProof', "The quorum's whole answer, to be checked offline"),
      params: serialParams,
      response: answersOf({ 200: z.string() }, [404]),
    },
    handler: async (request, reply) => {
      const { proofJson } = known(parts, request.params.serial);
      return reply.type('application/json; charset=utf-8').serializer(asIs).send(proofJson);
    },
  });
  server.post('/certificates/:serial/revocation', {
    schema: {
      ...describe('revokeCertificate', 'Take a certificate back'),
      params: serialParams,
      body: revocationBodySchema,
      response: answersOf({ 200: revokedSchema }, [400, 401, 403, 404, 413, 415, 503]),
    },
    handler: async (request) => {
      const { reason, signature } = request.body;
      const certificate = known(parts, request.params.serial);
      if (signature === undefined) {
        throw new Problem(problems.unsigned, {
          detail: 'signature: by the certificate’s key or the operator’s',
          errors: [{ pointer: '/signature', detail: 'missing' }],
          headers: { 'www-authenticate': 'HyperMesh-Signature realm="revocation"' },
        });
      }
      const word = revocationWord(certificate, reason, bytesOf(signature), parts.operatorKeys);
      if (word === null) throw new Problem(trustchainProblems.unauthorised);
      const outcome = await new Promise<RevocationOutcome>((resolve) => {
        parts.authority.revocations.revoke(certificate.serial, reason, word, resolve);
      });
      if (outcome.type === 'unknown') throw new Problem(problems.notFound);
      if (outcome.type === 'unauthorised') throw new Problem(trustchainProblems.unauthorised);
      if (outcome.type === 'storageFailed') {
        throw new Problem(problems.storeFailed, { detail: outcome.detail, retryAfterMs: 5_000 });
      }
      const { serial, reason: first, revokedAtMs } = outcome.revocation;
      const revokedAt = new Date(revokedAtMs).toISOString();
      return { serial, status: 'revoked' as const, reason: first, revoked_at: revokedAt };
    },
  });
}

/** Hex in either case, with or without colons, as tools print serials. Unknown: 404. */
export function known({ authority }: TrustchainParts, text: string): IssuedCertificate {
  const serial = text.replaceAll(':', '').toLowerCase().padStart(32, '0');
  const found = authority.store.get(serial);
  if (found === null) throw new Problem(problems.notFound, { detail: `serial ${text}: unknown` });
  return found;
}

/** Of answers that are text already. */
export const asIs = (payload: unknown): string => payload as string;

function sendCertificate(
  reply: FastifyReply,
  certificate: IssuedCertificate,
  accept: string | undefined,
  parts: TrustchainParts,
): FastifyReply {
  reply.header('vary', 'accept');
  const { pem } = certificate;
  switch (preferred(accept, [pemChain, 'application/json', der])) {
    case 'application/json': {
      const body = JSON.stringify(certificateToJson(certificate, parts));
      return reply.type('application/json; charset=utf-8').serializer(asIs).send(body);
    }
    case der:
      return reply
        .type(der)
        .serializer(asIs)
        .send(new X509Certificate(pem).raw as never);
    case pemChain:
      return reply
        .type(pemChain)
        .serializer(asIs)
        .send(pem + parts.issuer.chainPem);
    default:
      throw new Problem(trustchainProblems.notAcceptable, { detail: `${accept}` });
  }
}

/** The best of `offered`, the first where all are alike (RFC 9110 §12.5.1); null: none will do. */
export function preferred(accept: string | undefined, offered: readonly string[]): string | null {
  const ranges = (accept ?? '*/*').split(',').map((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    return { name, quality: q === undefined ? 1 : Number(q.slice(2)) || 0 };
  });
  const qualityOf = (type: string): number => {
    const own = [type, `${type.split('/')[0]}/*`, '*/*']
      .map((name) => ranges.find((range) => range.name === name))
      .find((range) => range !== undefined);
    return own?.quality ?? 0;
  };
  const best = offered.reduce((a, b) => (qualityOf(b) > qualityOf(a) ? b : a));
  return qualityOf(best) > 0 ? best : null;
}
