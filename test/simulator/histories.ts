import { toHex } from '../../src/base/bytes.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { leafHash, merklePath, merkleRoot } from '../../src/base/merkle.ts';
import { Random } from '../../src/base/random.ts';
import { batchDigest, requestDigest, seal, voteVerifier } from '../../src/pbft/envelope.ts';
import type { CommitCertificate, Operation, ResultStatement } from '../../src/pbft/messages.ts';
import { quorum } from '../../src/pbft/quorum.ts';
import type { Effect, ValidatorSet } from '../../src/pbft/replica.ts';
import type { ExecutedBatch } from '../../src/runtime/observer.ts';
import type { Acknowledged, Cast } from '../../src/simulator/checkers/checker.ts';

/** Hand-made histories: what checkers would see of a cluster, lies included. */
const chainId = 'c4'.repeat(32);

export function makeCast(n: number, adversaries: readonly number[] = []) {
  const signers = Array.from({ length: n }, (_, i) =>
    idealScheme.signer(new Random(`replica ${i}`).bytes(32)),
  );
  const publicKeys = signers.map((signer) => signer.publicKey);
  const validators: ValidatorSet = { chainId, epoch: 0, publicKeys };
  const verify = voteVerifier(idealScheme, validators);
  const cast: Cast = { n, adversaries: new Set(adversaries), validators, verify };
  const signer = (index: number) => signers[index] as (typeof signers)[number];
  return { cast, signer };
}

export const operation = (name: string): Operation => new TextEncoder().encode(name);
export const resultOf = (name: string): Uint8Array => operation(`done: ${name}`);

/** The certificate of a decision; its votes are not looked at by any checker. */
export function decision(sequence: number, names: readonly string[], timestamp = 1000 + sequence) {
  const batch = names.map(operation);
  const { signer } = makeCast(4);
  const header = seal(
    { type: 'prePrepare', view: 0, sequence, batchDigest: batchDigest(batch), timestamp },
    0,
    signer(0),
    chainId,
  );
  const certificate: CommitCertificate = { header, commits: [] };
  return { certificate, batch };
}

export function execute(sequence: number, names: readonly string[], timestamp?: number): Effect {
  return { type: 'execute', ...decision(sequence, names, timestamp) };
}

/** What executing the batch leads to; `lie` changes the result of every operation. */
export function executed(sequence: number, names: readonly string[], lie = ''): ExecutedBatch {
  const results = names.map((name) => resultOf(name + lie));
  return {
    sequence,
    timestamp: 1000 + sequence,
    operations: names.map((name) => requestDigest(operation(name))),
    results,
    resultsRoot: toHex(merkleRoot(results.map(leafHash))),
    stateDigest: toHex(leafHash(operation(`state ${sequence}${lie}`))),
  };
}

/** A certified answer to the first of `names`, signed by the replicas in `voters`. */
export function acknowledged(
  n: number,
  sequence: number,
  names: readonly string[],
  voters: readonly number[] = Array.from({ length: quorum(n) }, (_, i) => i),
  lie = '',
): Acknowledged {
  const { signer } = makeCast(n);
  const batch = executed(sequence, names, lie);
  const statement: ResultStatement = {
    type: 'result',
    epoch: 0,
    sequence,
    timestamp: batch.timestamp,
    resultsRoot: batch.resultsRoot,
    stateDigest: batch.stateDigest,
  };
  const votes = voters.map((replica) => {
    const { signature } = seal(statement, replica, signer(replica), chainId);
    return { replica, signature };
  });
  const asked = operation(names[0] as string);
  const answer = {
    requestDigest: requestDigest(asked),
    result: batch.results[0] as Uint8Array,
    index: 0,
    batchSize: names.length,
    path: merklePath(batch.results.map(leafHash), 0),
  };
  return {
    operation: asked,
    requestDigest: answer.requestDigest,
    certified: { certificate: { statement, votes }, answer, view: 0 },
  };
}
