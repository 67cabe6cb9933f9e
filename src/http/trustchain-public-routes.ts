import {
  getEntries,
  getEntryAndProof,
  getProofByHash,
  getRoots,
  getSth,
  getSthConsistency,
  type LogAnswer,
} from '../trustchain/log/answers.ts';
import { describe } from './openapi.ts';
import { Problem, problems } from './problem.ts';
import type { TrustchainParts } from './trustchain-parts.ts';
import type { TypedServer } from './trustchain-server.ts';
import { addStandingRoutes } from './trustchain-standing-routes.ts';

const pem = 'application/x-pem-file';
const der = 'application/pkix-cert';
const asIs = (payload: unknown): string => payload as string;

/** What relying parties fetch: certificates of the authority, lists, OCSP, the log. */
export function addPublicRoutes(server: TypedServer, parts: TrustchainParts): void {
  const { authority, issuer, pageUrl } = parts;
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
    handler: async (_, reply) => reply.type(der).send(Buffer.from(issuer.certificate.der)),
  });
  server.get('/root.der', {
    schema: describe('rootCertificate', 'The root in DER'),
    handler: async (_, reply) => reply.type(der).send(Buffer.from(issuer.root.der)),
  });
  server.get('/validators.json', {
    schema: describe('validatorSet', 'Who may vote, for `hypermesh verify --validators`'),
    handler: async (_, reply) => {
      return reply.type('application/json; charset=utf-8').send(authority.validatorsJson);
    },
  });
  addStandingRoutes(server, parts);
  addLogRoutes(server, parts);
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
