import { z } from 'zod';
import { limits as protocolLimits } from '../../pbft/limits.ts';
import { epochChangeSchema } from '../../runtime/certificate-json.ts';
import { count, hash } from '../../runtime/json-format.ts';
import { hexOf, nodeKey } from './formats.ts';
import { requirementsSchema } from './requirements-json.ts';
import { resultCertificateSchema } from './result-certificate-json.ts';

/** What a node says of its cluster: enough to enrol, and to follow its membership, over HTTP. */

/**
 * Body of `POST /consensus/operations`: any operation of the ledger (`src/ledger/operation.ts`) as
 * its bytes, for plots, attestations, deposits, locks and nops.
 */
export const operationBodySchema = z.strictObject({
  operation: hexOf(protocolLimits.clientOperationBytes),
});

export const operationAnswerSchema = z.object({
  request_digest: hash,
  validator_id: nodeKey,
  result: z.object({
    type: z.enum(['validation', 'validations', 'registered', 'accepted', 'refused']),
    reason: z.string().max(1024).optional().meta({ description: 'Of a refusal' }),
    root: hash.optional().meta({ description: 'Of the plot that is registered now' }),
  }),
  result_certificate: resultCertificateSchema,
});

export type OperationAnswer = z.infer<typeof operationAnswerSchema>;

const beacon = z.object({ epoch: count, value: hash });

/**
 * Answer of `GET /consensus/terms`: what a request must be made with. Beacon, difficulty and time
 * are a quorum's word, whose certificate is here.
 */
export const termsSchema = z.object({
  chain_id: hash,
  epoch: count.meta({ description: 'Membership epoch' }),
  beacon,
  compute_bits: count.meta({ description: 'Bits of work asked of requests made for this beacon' }),
  work_function: z.enum(['sha256', 'scrypt']),
  requirements: requirementsSchema,
  decided_at: z.iso.datetime({ precision: 3 }),
  beacon_epoch_ms: count,
  attestation_epochs: count.meta({ description: '0: a plot is never challenged in full again' }),
  position_required: z.boolean(),
  scale_note: z.string().max(256),
  result_certificate: resultCertificateSchema,
});

export type TermsJson = z.infer<typeof termsSchema>;

export const standings = ['trusted', 'suspected', 'isolated', 'recovering'] as const;

/**
 * Answer of `GET /consensus/validators`. Who trusts `first_epoch` checks each of `changes` by the
 * epoch before it (`EpochChain.extend`) and needs to believe nobody.
 */
export const validatorsSchema = z.object({
  chain_id: hash.meta({ description: 'Names the cluster: the chain id of epoch 0' }),
  epoch: count,
  n: count,
  f: count,
  quorum: count,
  validators: z
    .array(
      z.object({
        replica: count,
        public_key: nodeKey,
        standing: z.enum(standings),
        reachable: z.boolean(),
      }),
    )
    .max(protocolLimits.replicas),
  standbys: z.array(z.object({ public_key: nodeKey })).max(protocolLimits.replicas),
  first_epoch: z.object({
    epoch: count,
    chain_id: hash,
    public_keys: z.array(nodeKey).max(protocolLimits.replicas),
  }),
  changes: z.array(epochChangeSchema).max(protocolLimits.replicas),
  scheme: z.enum(['ed25519', 'ideal']),
});

export type ValidatorsJson = z.infer<typeof validatorsSchema>;
