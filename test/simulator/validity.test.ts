import { beforeEach, describe, expect, test } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { merkleRoot } from '../../src/base/merkle.ts';
import { Random } from '../../src/base/random.ts';
import type { Genesis } from '../../src/ledger/genesis.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import {
  nopOperation,
  orderOperation,
  validateBatchOperation,
  validateOperation,
} from '../../src/ledger/operation.ts';
import { decodeResult, encodeResult, type ValidationResult } from '../../src/ledger/result.ts';
import { requestDigest } from '../../src/pbft/envelope.ts';
import { proofContext } from '../../src/proofs/context.ts';
import { makePlot } from '../../src/proofs/plot.ts';
import type { OwnProofs } from '../../src/proofs/proof-set.ts';
import { makeRegistration } from '../../src/proofs/registration.ts';
import type { ProvenSubject } from '../../src/proofs/request.ts';
import {
  batchHash,
  makeRequestBatch,
  type RequestBatch,
  requestLeaf,
  signedBatchBytes,
} from '../../src/proofs/request-batch.ts';
import type { SpaceProof } from '../../src/proofs/space.ts';
import { solveAtOnce } from '../../src/runtime/solve-work.ts';
import type { Finding } from '../../src/simulator/checkers/checker.ts';
import { ValidityChecker } from '../../src/simulator/checkers/validity.ts';
import type { Broken } from '../../src/workload/parameters.ts';
import { type Attempt, makeAttempt, makeOwn } from '../../src/workload/proof-agent.ts';
import { decision } from './histories.ts';

const nowMs = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;
const chainId = 'ab'.repeat(32);
const signer = idealScheme.signer(new Random('node').bytes(32));
const requirements = {
  minimumStake: 100,
  maxTimeOffsetMs: 300_000,
  minimumStorageBytes: 2 ** 20,
  minimumComputeBits: 6,
};
const genesis: Genesis = {
  chainId,
  requirements,
  scaleNote: '',
  validators: [idealScheme.signer(new Random('validator').bytes(32)).publicKey],
  accounts: [
    {
      nodeId: signer.publicKey,
      amount: 1000,
      lockedSinceMs: nowMs - dayMs,
      lockedUntilMs: nowMs + 365 * dayMs,
      namePatterns: ['*'],
    },
  ],
  plots: [],
  startMs: nowMs,
  beaconEpochMs: 60_000,
};
const plot = makePlot(signer.publicKey, 128, 256);

let ledger: Ledger;
let checker: ValidityChecker;
let sequence = 0;

/** Runs one operation; `lie` makes of its answer what a broken ledger would say. */
function run(operation: Uint8Array, lie = false): Finding | null {
  sequence++;
  const { certificate } = decision(sequence, []);
  checker.onDecided(0, certificate, [operation]);
  const timestamp = nowMs + sequence;
  const execution = ledger.execute(sequence, timestamp, [operation]);
  const results = lie ? execution.results.map(callValid) : execution.results;
  const operations = [requestDigest(operation)];
  return checker.onExecuted(0, { sequence, operations, ...execution, timestamp, results });
}

function callValid(bytes: Uint8Array): Uint8Array {
  const result = decodeResult(bytes);
  if (!result.ok) throw new Error('no result');
  const { value } = result;
  if (value.type === 'validation') return encodeResult(valid(value));
  if (value.type !== 'validations') throw new Error('no validation');
  return encodeResult({ ...value, decisions: value.decisions.map(valid) });
}

function valid(decided: ValidationResult): ValidationResult {
  return { ...decided, failures: [], status: 'valid' };
}

function attemptOf(broken: Broken | null, timeSequence: number, requestId: string): Attempt {
  return {
    chainId,
    subject: {
      requestId,
      commonName: 'a.mesh',
      sanEntries: [],
      nodeId: signer.publicKey,
      ipv6Addresses: [],
      publicKey: new Uint8Array(44),
      tbsDigest: null,
      notAfterMs: nowMs + dayMs,
      requirements: null,
    },
    signer,
    plot,
    stakeAmount: 1000,
    beacon: ledger.beacon,
    timestamp: nowMs,
    sequence: timeSequence,
    requirements,
    broken,
    usedSequence: broken === 'replay' ? 2 : null,
  };
}

/** Three requests under one signature, the second of them broken. */
function batch(
  broken: Broken | null,
  change: (made: RequestBatch) => RequestBatch = (made) => made,
  from = 10,
) {
  const drafts = [null, broken, null].map((kind, i) => {
    const attempt = attemptOf(kind, from + i, `b-${from + i}`);
    let proofs: OwnProofs | null = null;
    const { signal } = new AbortController();
    makeOwn(attempt, new Random(`batch ${broken} ${i}`), solveAtOnce, signal, (own) => {
      proofs = own;
    });
    return { subject: attempt.subject, proofs: proofs as unknown as OwnProofs };
  });
  return validateBatchOperation(change(makeRequestBatch(chainId, drafts, signer, plot)));
}

/** The batch with another space proof in all its requests, signed again. */
function reopened({ requests }: RequestBatch, change: (space: SpaceProof) => SpaceProof) {
  const space = change((requests[0] as ProvenSubject).proofs.space);
  const root = merkleRoot(requests.map(requestLeaf));
  const { beacon } = ledger;
  const hash = batchHash(requests.length, root);
  const nodeId = signer.publicKey;
  const context = proofContext({ chainId, beacon, nodeId, requestHash: hash });
  const signature = signer.sign(signedBatchBytes(context, space));
  return { requests: requests.map((r) => ({ ...r, proofs: { ...r.proofs, space } })), signature };
}

function request(broken: Broken | null, timeSequence: number, requestId = `r-${timeSequence}`) {
  const attempt = attemptOf(broken, timeSequence, requestId);
  let made = new Uint8Array();
  const random = new Random(`${broken} ${timeSequence}`);
  makeAttempt(attempt, random, solveAtOnce, new AbortController().signal, (done) => {
    made = new Uint8Array(validateOperation(done));
  });
  return made;
}

beforeEach(() => {
  sequence = 0;
  ledger = new Ledger(genesis, { scheme: idealScheme });
  checker = new ValidityChecker({ genesis, scheme: idealScheme });
  run(nopOperation(new Uint8Array([1])));
  const { beacon } = ledger;
  const context = { chainId, beacon, nodeId: signer.publicKey };
  const registration = makeRegistration(context, 128, 256);
  const order = { type: 'registerPlot', beacon, registration } as const;
  expect(run(orderOperation(chainId, signer, 1, order))).toBeNull();
  expect(run(request(null, 2))).toBeNull();
});

describe('a decision that is valid', () => {
  test('is left alone, also when the request is ordered again', () => {
    const operation = request(null, 3);
    expect(run(operation)).toBeNull();
    expect(run(operation)).toBeNull();
  });

  const broken: Broken[] = ['space', 'stake', 'work', 'time', 'signature', 'replay'];
  test.each(broken)('is found out when it breaks %s', (kind) => {
    expect(run(request(kind, 4), true)?.detail).toContain('was decided valid, but');
  });

  test.each(broken)('is no finding when %s is refused', (kind) => {
    expect(run(request(kind, 4))).toBeNull();
  });

  test('is found out when another request had its id', () => {
    expect(run(request(null, 5, 'r-2'), true)?.detail).toContain('/r-2 was used before');
  });
});

describe('decisions on a batch of requests', () => {
  test('are left alone where they are right, also when one of them is a refusal', () => {
    expect(run(batch(null))).toBeNull();
    expect(run(batch('work', undefined, 20))).toBeNull();
  });

  test.each<Broken>(['stake', 'work', 'time', 'replay'])(
    'are found out when one of them breaks %s',
    (kind) => {
      expect(run(batch(kind), true)?.detail).toContain('of request 1 in the batch');
    },
  );

  test('are found out when nobody signed the batch', () => {
    const forged = batch(null, (made) => ({ ...made, signature: new Uint8Array(64) }));
    expect(run(forged, true)?.detail).toContain('the node key did not sign the batch');
    const reverse = ({ requests, signature }: RequestBatch) => {
      return { requests: requests.toReversed(), signature };
    };
    const swapped = batch(null, reverse, 20);
    expect(run(swapped, true)?.detail).toContain('the node key did not sign the batch');
  });

  test('are found out when it opens too few labels, or others than the root draws', () => {
    const fewer = batch(null, (made) =>
      reopened(made, (space) => ({ ...space, opened: space.opened.slice(1) })),
    );
    expect(run(fewer, true)?.detail).toContain('it opens 11 labels of 12');
    const reverse = ({ opened, ...space }: SpaceProof) => ({
      ...space,
      opened: opened.toReversed(),
    });
    const others = batch(null, (made) => reopened(made, reverse), 20);
    expect(run(others, true)?.detail).toContain('is none of its plot');
  });
});
