import { bytesOf } from '../runtime/json-format.ts';
import { leafProfileFor } from '../trustchain/leaf-profile.ts';
import type { Application } from '../trustchain/request-desk.ts';
import { requirementsFromJson } from '../validation/wire/requirements-json.ts';
import { answersOf, describe } from './openapi.ts';
import { Problem, problems } from './problem.ts';
import { known, serialParams } from './trustchain-certificate-routes.ts';
import { admit, answerWaited, prefersNoWait, waitFor } from './trustchain-issuance-routes.ts';
import {
  csrOf,
  issuedSchema,
  pendingSchema,
  type RenewalBody,
  renewalBodySchema,
} from './trustchain-json.ts';
import type { TrustchainParts } from './trustchain-parts.ts';
import type { TypedServer } from './trustchain-server.ts';

/** A new certificate for the names of one in force, by whoever holds its key. */
export function addRenewalRoutes(server: TypedServer, parts: TrustchainParts): void {
  server.post('/certificates/:serial/renewal', {
    schema: {
      ...describe('renewCertificate', 'Renew a certificate, or rekey it where a csr is given'),
      params: serialParams,
      body: renewalBodySchema,
      response: answersOf(
        { 201: issuedSchema, 202: pendingSchema },
        [400, 401, 403, 404, 409, 413, 415, 422, 429, 503],
      ),
    },
    handler: async (request, reply) => {
      const { serial } = known(parts, request.params.serial);
      const application = applicationOf(request.body, serial);
      const { requestId } = application;
      admit(request, requestId, parts);
      const waitMs = prefersNoWait(request) ? 0 : parts.waitMs;
      const { desk, prover, agent } = parts;
      const waited = await waitFor(request, waitMs, (waiter) =>
        desk.ask(application, { agent, healer: prover }, waiter),
      );
      return answerWaited(reply, waited, requestId, null, parts);
    },
  });
}

function applicationOf(body: RenewalBody, serial: string): Application {
  const { csr, lifetime, request_id: requestId, supersede = false, signature } = body;
  if (signature === undefined) {
    throw new Problem(problems.unsigned, {
      detail: 'signature: by the key of the certificate',
      errors: [{ pointer: '/signature', detail: 'missing' }],
      headers: { 'www-authenticate': 'HyperMesh-Signature realm="renewal"' },
    });
  }
  return {
    requestId,
    csr: csr === undefined ? null : csrOf(csr),
    requirements: requirementsFromJson(body.consensus_requirements),
    // The usage is that of the certificate that is followed.
    profile: leafProfileFor('tls', lifetime),
    renewal: { serial, requestId, signature: bytesOf(signature), supersede },
  };
}
