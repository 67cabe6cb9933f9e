import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { toHex } from '../../base/bytes.ts';
import { decodeOperation, type LedgerOperation } from '../../ledger/operation.ts';
import { requestDigest } from '../../pbft/envelope.ts';
import { epochChangeToJson } from '../../runtime/certificate-json.ts';
import { bytesOf } from '../../runtime/json-format.ts';
import type { DeskOutcome, Terms } from '../../validation/operation-desk.ts';
import {
  type OperationAnswer,
  operationAnswerSchema,
  operationBodySchema,
  type TermsJson,
  termsSchema,
  type ValidatorsJson,
  validatorsSchema,
} from '../../validation/wire/cluster-answers.ts';
import { requirementsToJson } from '../../validation/wire/requirements-json.ts';
import { certifiedToJson } from '../../validation/wire/result-certificate-json.ts';
import { exampleOperationBody } from '../examples.ts';
import type { NodeParts } from '../node-parts.ts';
import { answersOf, describe } from '../openapi.ts';
import { Problem, problems } from '../problem.ts';
import { kindOfUnavailable } from './submission.ts';

/** What a node outside needs to enrol with the cluster and to follow its membership. */
export function addClusterRoutes(server: FastifyInstance, parts: NodeParts): void {
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    '/consensus/validators',
    {
      schema: {
        ...describe('validators', 'Who votes, and the certified changes that led to them'),
        response: answersOf({ 200: validatorsSchema }, []),
      },
    },
    async () => validatorsOf(parts),
  );
  routes.get(
    '/consensus/terms',
    {
      schema: {
        ...describe('terms', 'What a request must be made with: beacon, price, requirements'),
        response: answersOf({ 200: termsSchema }, [503]),
      },
    },
    async () => termsOf(answered(await ask((done) => parts.terms.get(done)), parts), parts),
  );
  routes.post(
    '/consensus/operations',
    {
      schema: {
        ...describe('orderOperation', 'Orders any operation of the ledger, given as its bytes'),
        body: operationBodySchema.meta({ examples: [exampleOperationBody] }),
        response: answersOf({ 200: operationAnswerSchema }, [400, 413, 415, 422, 429, 503]),
      },
    },
    async (request) => {
      const operation = bytesOf(request.body.operation);
      const read = readOperation(operation);
      const signer = parts.admission.signerOf(read);
      const payer = parts.admission.payerOf(signer, true, request.ip);
      for (let paid = 0; paid < requestsIn(read); paid++) parts.admission.admit(payer);
      const told = answered(await ask((done) => parts.desk.order(operation, done)), parts);
      return operationAnswer(operation, told, parts);
    },
  );
}

function ask(order: (done: (outcome: DeskOutcome) => void) => void): Promise<DeskOutcome> {
  return new Promise((resolve) => order(resolve));
}

function answered(outcome: DeskOutcome, { metrics }: NodeParts): Terms {
  if (outcome.type === 'answered') return outcome;
  metrics.onUnavailable(outcome.reason);
  throw new Problem(kindOfUnavailable[outcome.reason], { retryAfterMs: 1_000 });
}

/** Read once: a batch takes a while. Throws what keeps it from being taken here. */
function readOperation(operation: Uint8Array): LedgerOperation {
  const decoded = decodeOperation(operation);
  const pointer = '/operation';
  if (!decoded.ok) {
    const errors = [{ pointer, detail: decoded.reason }];
    throw new Problem(problems.malformed, { detail: `${pointer}: ${decoded.reason}`, errors });
  }
  const { value } = decoded;
  if (value.type === 'isolate') {
    // Replicas hold evidence that proves nothing against who brings it: never against this node.
    const detail = 'evidence is brought to the replicas over libp2p, by who has it';
    throw new Problem(problems.impossible, { detail, errors: [{ pointer, detail }] });
  }
  if (value.type !== 'order' || value.order.type !== 'registerPlot') return value;
  if ((value.order.position ?? null) === null) return value;
  // Replicas take a network position only from the connection whose key it names.
  const detail = "a network position is registered over the node's own libp2p connection";
  throw new Problem(problems.impossible, { detail, errors: [{ pointer, detail }] });
}

/** What it costs its sender: a batch as many times as it has requests. */
function requestsIn(operation: LedgerOperation): number {
  return operation.type === 'validateBatch' ? operation.batch.requests.length : 1;
}

function operationAnswer(
  operation: Uint8Array,
  { certified, result }: Terms,
  { status }: NodeParts,
): OperationAnswer {
  return {
    request_digest: requestDigest(operation),
    validator_id: toHex(status().publicKey),
    result: {
      type: result.type,
      ...(result.type === 'refused' && { reason: result.reason }),
      ...(result.type === 'registered' && { root: result.root }),
    },
    result_certificate: certifiedToJson(certified),
  };
}

function termsOf({ certified, result }: Terms, { genesis, epochs }: NodeParts): TermsJson {
  const { workFunction = 'sha256' } = genesis.requirements;
  return {
    chain_id: genesis.chainId,
    epoch: epochs.current.validators.epoch,
    beacon: result.beacon,
    compute_bits: result.computeBits,
    work_function: workFunction,
    requirements: requirementsToJson(genesis.requirements),
    decided_at: new Date(result.decidedAtMs).toISOString(),
    beacon_epoch_ms: genesis.beaconEpochMs,
    attestation_epochs: genesis.attestationEpochs ?? 0,
    position_required: genesis.requirePosition ?? false,
    scale_note: genesis.scaleNote.slice(0, 256),
    result_certificate: certifiedToJson(certified),
  };
}

/** Changes as this node's own client was shown and has checked them. */
function validatorsOf({ genesis, epochs, status, scheme }: NodeParts): ValidatorsJson {
  const { epoch, n, f, quorum, members, standbys } = status();
  const first = epochs.firstEpoch.validators;
  return {
    chain_id: genesis.chainId,
    epoch,
    n,
    f,
    quorum,
    validators: members.map(({ replica, publicKey, standing, reachable }) => {
      return { replica, public_key: toHex(publicKey), standing, reachable };
    }),
    standbys: standbys.map((key) => ({ public_key: toHex(key) })),
    first_epoch: {
      epoch: first.epoch,
      chain_id: first.chainId,
      public_keys: first.publicKeys.map(toHex),
    },
    changes: epochs.changes.map(epochChangeToJson),
    scheme: scheme.name,
  };
}
