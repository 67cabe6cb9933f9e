import { toHex } from '../../src/base/bytes.ts';
import { leafHash, merklePath, merkleRoot } from '../../src/base/merkle.ts';
import { Random } from '../../src/base/random.ts';
import { ed25519, type Signer } from '../../src/base/signature.ts';
import { EpochChain } from '../../src/ledger/epoch-chain.ts';
import type { EpochChange } from '../../src/ledger/epoch-change.ts';
import { decodeOperation, nopOperation, validateOperation } from '../../src/ledger/operation.ts';
import { encodeResult, type OperationResult } from '../../src/ledger/result.ts';
import { epochChainId, requestDigest, seal, voteVerifier } from '../../src/pbft/envelope.ts';
import type { ResultStatement, Vote } from '../../src/pbft/messages.ts';
import { quorum } from '../../src/pbft/quorum.ts';
import type { ProofFailure } from '../../src/proofs/request.ts';
import { requestHash } from '../../src/proofs/request-codec.ts';
import type { CertifiedAnswer } from '../../src/runtime/validator.ts';
import { changeTo, signersOf } from '../ledger/epochs.ts';
import { requestOf, subjectOf, testNode } from '../proofs/fixtures.ts';

export const clusterId = 'c1'.repeat(32);

const requests = new Map<number, Uint8Array>();

/** Certificate request number `i` of one node, complete with proofs. */
export function validateRequest(i: number): Uint8Array {
  const made = requests.get(i);
  if (made !== undefined) return made;
  const node = testNode(1);
  const subject = subjectOf(node, { requestId: `request-${i}` });
  const operation = validateOperation(requestOf(node, { subject, sequence: i + 1 }));
  requests.set(i, operation);
  return operation;
}

export function nop(i: number): Uint8Array {
  return nopOperation(new Uint8Array([i >> 8, i & 0xff]));
}

/** How an answer differs from the honest one before it is signed. */
export interface Twist {
  readonly epoch?: number;
  /** Another cluster's, with the same members. */
  readonly clusterId?: string;
  readonly sequence?: number;
  readonly failures?: readonly ProofFailure[];
  /** Replicas that vote; default: the first quorum. */
  readonly voters?: readonly number[];
  /** Who signs in the name of a replica. */
  readonly signerOf?: (replica: number) => Signer;
  readonly result?: Uint8Array;
}

/**
 * Replicas with real keys that certify what they are told: HyperMesh without consensus. Epoch 0
 * has members 1 to 4; member 5 takes the place of 1 in epoch 1.
 */
export class SigningCluster {
  readonly rosters: readonly (readonly Signer[])[];
  readonly changes: readonly EpochChange[];

  constructor() {
    const first = signersOf(1, 2, 3, 4);
    const second = signersOf(5, 2, 3, 4);
    this.rosters = [first, second];
    this.changes = [changeTo(clusterId, 0, first, second)];
  }

  /** A chain as a stranger begins it: with epoch 0 and nothing else. */
  chain(): EpochChain {
    const publicKeys = (this.rosters[0] as readonly Signer[]).map(({ publicKey }) => publicKey);
    const first = { chainId: clusterId, epoch: 0, publicKeys };
    return new EpochChain(first, (validators) => voteVerifier(ed25519, validators));
  }

  certify(operation: Uint8Array, twist: Twist = {}): CertifiedAnswer {
    const epoch = twist.epoch ?? 0;
    const roster = this.rosters[epoch] ?? (this.rosters[0] as readonly Signer[]);
    const result = twist.result ?? encodeResult(resultOf(operation, twist.failures ?? []));
    const results = [new Uint8Array([1]), result, new Uint8Array([2])];
    const leaves = results.map(leafHash);
    const statement: ResultStatement = {
      type: 'result',
      epoch,
      sequence: twist.sequence ?? 7 + 16 * epoch,
      timestamp: 1_700_000_000_000,
      resultsRoot: toHex(merkleRoot(leaves)),
      stateDigest: '5d'.repeat(32),
    };
    const chainId = epochChainId(twist.clusterId ?? clusterId, epoch);
    const voters = twist.voters ?? Array.from({ length: quorum(roster.length) }, (_, i) => i);
    const votes = voters.map((replica): Vote => {
      const signer = twist.signerOf?.(replica) ?? (roster[replica] as Signer);
      const { signature } = seal(statement, replica, signer, chainId);
      return { replica, signature };
    });
    const answer = {
      requestDigest: requestDigest(operation),
      result,
      index: 1,
      batchSize: 3,
      path: merklePath(leaves, 1),
    };
    return { certificate: { statement, votes }, answer, view: 2 };
  }
}

/** What the ledger would say of it, were every request in order but for `failures`. */
function resultOf(operation: Uint8Array, failures: readonly ProofFailure[]): OperationResult {
  const answered = {
    operation: requestDigest(operation),
    decidedAtMs: 1_700_000_000_000,
    beacon: { epoch: 7, value: 'be'.repeat(32) },
    computeBits: 14,
  };
  const decoded = decodeOperation(operation);
  if (!decoded.ok || decoded.value.type !== 'validate') return { type: 'accepted', ...answered };
  const { subject } = decoded.value.request;
  const measure = { measured: '2', required: '1' };
  return {
    type: 'validation',
    ...answered,
    requestId: subject.requestId,
    nodeId: subject.nodeId,
    requestHash: requestHash(subject),
    tbsDigest: subject.tbsDigest,
    status: failures.length === 0 ? 'valid' : 'invalid',
    failures,
    measured: { space: measure, stake: measure, work: measure, time: measure },
  };
}

/** A stream of chance that makes a client begin with its first endpoint. */
export function beginningWithTheFirst(endpoints: number): Random {
  for (let seed = 0; ; seed++) {
    if (new Random(seed).below(endpoints) === 0) return new Random(seed);
  }
}
