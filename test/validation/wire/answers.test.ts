import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { leafHash, merklePath, merkleRoot } from '../../../src/base/merkle.ts';
import { ed25519 } from '../../../src/base/signature.ts';
import { decodeResult } from '../../../src/ledger/result.ts';
import { checkCertifiedAnswer } from '../../../src/pbft/certified-answer.ts';
import { requestDigest, seal, voteVerifier } from '../../../src/pbft/envelope.ts';
import { profiles } from '../../../src/proofs/profiles.ts';
import type { CertifiedAnswer } from '../../../src/runtime/validator.ts';
import { echoRequirements } from '../../../src/validation/wire/requirements-json.ts';
import {
  certifiedFromJson,
  certifiedToJson,
  resultCertificateSchema,
} from '../../../src/validation/wire/result-certificate-json.ts';
import {
  decidedResult,
  type Measured,
  undecidedResult,
  validationResultSchema,
} from '../../../src/validation/wire/validation-result.ts';
import {
  genesis,
  newLedger,
  validate,
  validationOf,
  validatorSigners,
} from '../../ledger/fixtures.ts';
import { chainId, startMs } from '../../proofs/fixtures.ts';

const measured: Measured = {
  validatorId: 'ab'.repeat(32),
  validationTimeUs: 1234,
  consensusLatencyMs: 1.2,
  queueWaitMs: 0.1,
  networkLoad: 0.25,
  n: 4,
  bft: {
    byzantine_nodes_detected: 0,
    byzantine_nodes: [],
    fault_tolerance_maintained: true,
    quorum_achieved: true,
    recovery_action_taken: null,
  },
};

/** The answer of three of the four validators of the ledger's tests. */
function certify(operation: Uint8Array, result: Uint8Array): CertifiedAnswer {
  const leaves = [leafHash(result), leafHash(new Uint8Array([1]))];
  const statement = {
    type: 'result',
    epoch: 0,
    sequence: 3,
    timestamp: startMs,
    resultsRoot: toHex(merkleRoot(leaves)),
    stateDigest: 'dd'.repeat(32),
  } as const;
  const votes = [0, 1, 3].map((replica) => {
    const { signature } = seal(statement, replica, validatorSigners[replica]!, chainId);
    return { replica, signature };
  });
  const path = merklePath(leaves, 0);
  const answer = { requestDigest: requestDigest(operation), result, index: 0, batchSize: 2, path };
  return { certificate: { statement, votes }, answer, view: 5 };
}

function answerTo(sequence: number, stakeAmount: number) {
  const ledger = newLedger();
  const operation = validate(ledger, 'r-1', sequence, { stakeAmount });
  const { results } = ledger.execute(1, startMs, [operation]);
  const certified = certify(operation, results[0]!);
  const decoded = decodeResult(certified.answer.result);
  if (!decoded.ok) throw new Error(decoded.reason);
  const requirements = echoRequirements(undefined, profiles.localhost, 4);
  const asked = { requestId: 'r-1', digest: requestDigest(operation) };
  const result = decidedResult(
    asked,
    certified,
    validationOf(decoded.value),
    requirements,
    measured,
  );
  return { operation, certified, result };
}

describe('a result certificate as JSON', () => {
  it('comes back as it was, and a stranger checks it', () => {
    const { operation, certified } = answerTo(1, 100);
    const json = JSON.parse(JSON.stringify(certifiedToJson(certified)));
    const back = certifiedFromJson(resultCertificateSchema.parse(json));
    expect(certifiedToJson(back)).toEqual(json);
    const validators = { chainId, epoch: 0, publicKeys: genesis.validators };
    const digest = requestDigest(operation);
    const verify = voteVerifier(ed25519, validators);
    expect(checkCertifiedAnswer(back, digest, validators, verify)).toBeNull();
  });
});

describe('a validation result', () => {
  it('says of every proof what was measured and required, and how many signed', () => {
    const { result } = answerTo(1, 100);
    expect(validationResultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    expect(result.status).toBe('valid');
    expect(result).not.toHaveProperty('failed_proofs');
    expect(result.metrics.confidence_level).toBe(0.75);
    expect(result.validated_at).toBe(new Date(startMs).toISOString());
    expect(result.details.proof_results).toMatchObject({
      space: { valid: true, reason: null, measured: '1048576 bytes', required: '1048576 bytes' },
      stake: { valid: true, reason: null, measured: '100 units', required: '100 units' },
      work: { valid: true, reason: null, required: '14 bits' },
      time: { valid: true, reason: null, measured: '0 ms', required: 'within 300000 ms' },
    });
  });

  it('names the proofs that failed, with measure and limit of each', () => {
    const { result } = answerTo(1, 99);
    expect(result.status).toBe('invalid');
    expect(result.failed_proofs).toEqual(['stake']);
    expect(result.reason).toBe('stake: stake too small');
    expect(result.details.proof_results?.stake).toEqual({
      valid: false,
      reason: 'stake too small',
      measured: '99 units',
      required: '100 units',
    });
    expect(result.details.proof_results?.space.valid).toBe(true);
  });

  it.each([
    { status: 'pending', estimated_completion: '2026-01-01T00:00:00.000Z' } as const,
    { status: 'timeout', message: 'no quorum answered' } as const,
    { status: 'byzantine_detected', message: 'two of four convicted' } as const,
    { status: 'error', error_code: 'undecodable', message: 'no result' } as const,
  ])('has no certificate, and no confidence, when it is $status', (status) => {
    const result = undecidedResult({ requestId: 'r', digest: 'cd'.repeat(32) }, measured, status);
    expect(validationResultSchema.parse(result)).toEqual(result);
    expect(result.result_certificate).toBeNull();
    expect(result.metrics.confidence_level).toBe(0);
  });
});
