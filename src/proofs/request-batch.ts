/**
 * Many requests of one node under one signature, which covers the Merkle root over them, and with
 * one set of openings that they share.
 *
 * Each request keeps what is its own: stake claim, work and time commit to its own context, as they
 * do when it is alone. What is shared commits to the context of the batch: the same chain, beacon
 * and node, and the root in place of the request's hash. So no request, proof or opening can be
 * moved to another batch, node, cluster or epoch, nor the openings of a lone request serve a batch.
 *
 * The shared openings prove: when the root became known, the node could produce the labels at as
 * many positions as its requests would have opened one by one ({@link batchOpenings}), up to those
 * of a full challenge. A node without a share ε of its labels gets a batch of k requests through
 * with at most the chance (1 − ε)^min(4k, 66), which for k ≤ 16 is that of k lone requests.
 *
 * They do not prove: more than a full challenge, however many requests there are; nor anything
 * against a node that grinds. It picks the root as it picks the hash of a lone request, by a name,
 * an id or a timestamp, and can look where the openings would fall before it does the work. A lone
 * request with its 4 openings is ground in (1 − ε)^−4 tries of a few hashes each, k of them in k
 * times that; a batch takes (1 − ε)^−min(4k, 66) tries, which is more as soon as
 * (1 − ε)^−(min(4k, 66) − 4) is above k (for ε = 10 % and k = 32: 1,046 tries instead of 49), and
 * saves nothing worth having where it is not: a handful of tries is enough there in either form.
 * What no requester can grind is the full challenge of each epoch, which is drawn from beacon, node
 * and plot alone (`attestationEpochs` of the ledger): it holds a plot together, in both forms.
 */
import { assert } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { Writer } from '../base/codec.ts';
import { type Digest, digest, digestToBytes } from '../base/digest.ts';
import { merkleRoot } from '../base/merkle.ts';
import type { SignatureScheme, Signer } from '../base/signature.ts';
import { proofContext } from './context.ts';
import { limits } from './limits.ts';
import {
  checkProven,
  contextOf,
  type OwnProofs,
  type RequestVerdict,
  type StaticEnvironment,
} from './proof-set.ts';
import type { CertificateSubject, ProofFailure, ProvenSubject } from './request.ts';
import { requestHash, subjectFault, writeSpace, writeStake } from './request-codec.ts';
import {
  challengeOpenings,
  checkOpenings,
  makeSpace,
  requestOpenings,
  type SpaceProof,
} from './space.ts';
import type { AnyPlot } from './stored-plot.ts';

/** 1 to 64 requests of one node for one beacon, in the order in which they are decided. */
export interface RequestBatch {
  /** Of one node; their proofs have the space proof and the beacon of the batch. */
  readonly requests: readonly ProvenSubject[];
  /** By the node key over the root of all requests and what they share. */
  readonly signature: Uint8Array;
}

/** A request before its openings: all that it does not share. */
export interface RequestDraft {
  readonly subject: CertificateSubject;
  readonly proofs: OwnProofs;
}

/** As many labels as the requests would open one by one, at most those of a full challenge. */
export function batchOpenings(requests: number): number {
  return Math.min(requests * requestOpenings, challengeOpenings);
}

/** Why these cannot be one batch, naming the first that does not fit; null when they can. */
export function batchFault(drafts: readonly RequestDraft[]): string | null {
  const [first] = drafts;
  if (first === undefined || drafts.length > limits.batchedRequests) {
    return `requests: ${drafts.length}, 1 to ${limits.batchedRequests} allowed`;
  }
  const { nodeId } = first.subject;
  const { beacon } = first.proofs.time;
  for (const [i, { subject, proofs }] of drafts.entries()) {
    const fault = subjectFault(subject);
    if (fault !== null) return `requests[${i}]: ${fault}`;
    if (!equalBytes(subject.nodeId, nodeId)) return `requests[${i}]: of another node`;
    const { epoch, value } = proofs.time.beacon;
    if (epoch !== beacon.epoch || value !== beacon.value) {
      return `requests[${i}]: for another beacon`;
    }
  }
  return null;
}

/** One request under the root: H(domain ‖ request hash ‖ its own proofs), 32 bytes. */
export function requestLeaf({ subject, proofs }: RequestDraft): Uint8Array {
  return leafOf(proofs, requestHash(subject));
}

function leafOf({ stake, work, time }: OwnProofs, hash: Digest): Uint8Array {
  const writer = new Writer(192).digest(hash);
  writeStake(writer, stake);
  writer.u53(work.nonce).u53(time.timestamp).u53(time.sequence).fixed(time.nonce);
  return writer.finishWith((bytes) => digestToBytes('hypermesh/batched-request', bytes));
}

/** What stands for the batch where a lone request has its hash; `root` is RFC 6962's. */
export function batchHash(requests: number, root: Uint8Array): Digest {
  const writer = new Writer(40).u32(requests).fixed(root);
  return digest('hypermesh/request-batch', writer.finish());
}

/** What the shared openings are drawn from, 32 bytes; `hashes`: of the requests, in order. */
function batchContext(
  drafts: readonly RequestDraft[],
  hashes: readonly Digest[],
  chainId: Digest,
): Uint8Array {
  const [first] = drafts;
  assert(first !== undefined, 'a batch of no requests');
  const leaves = drafts.map(({ proofs }, i) => leafOf(proofs, hashes[i] as Digest));
  return proofContext({
    chainId,
    beacon: first.proofs.time.beacon,
    nodeId: first.subject.nodeId,
    requestHash: batchHash(drafts.length, merkleRoot(leaves)),
  });
}

/** What the node key signs: H(domain ‖ context of the batch ‖ space proof). */
export function signedBatchBytes(context: Uint8Array, space: SpaceProof): Uint8Array {
  const writer = new Writer(8192).fixed(context);
  writeSpace(writer, space);
  return writer.finishWith((bytes) => digestToBytes('hypermesh/request-batch-signature', bytes));
}

/** Opens the plot for all of them and signs once. The drafts must fit, see {@link batchFault}. */
export function makeRequestBatch(
  chainId: Digest,
  drafts: readonly RequestDraft[],
  signer: Signer,
  plot: AnyPlot,
): RequestBatch {
  const fault = batchFault(drafts);
  assert(fault === null, () => `request batch: ${fault}`);
  const hashes = drafts.map(({ subject }) => requestHash(subject));
  const context = batchContext(drafts, hashes, chainId);
  const space = makeSpace(plot, context, batchOpenings(drafts.length));
  const requests = drafts.map(({ subject, proofs }) => ({ subject, proofs: { ...proofs, space } }));
  return { requests, signature: signer.sign(signedBatchBytes(context, space)) };
}

/** The node whose key signed the batch; null when it did not. */
export function batchSigner(
  batch: RequestBatch,
  chainId: Digest,
  scheme: SignatureScheme,
): Uint8Array | null {
  const hashes = batch.requests.map(({ subject }) => requestHash(subject));
  return signerOf(batch, batchContext(batch.requests, hashes, chainId), scheme);
}

function signerOf(
  { requests, signature }: RequestBatch,
  context: Uint8Array,
  scheme: SignatureScheme,
): Uint8Array | null {
  const [first] = requests;
  assert(first !== undefined, 'a batch of no requests');
  const { nodeId } = first.subject;
  const signed = signedBatchBytes(context, first.proofs.space);
  return scheme.verify(nodeId, signed, signature) ? nodeId : null;
}

/**
 * {@link RequestVerdict} of each request, in order: signature and openings are checked once, the
 * rest for each, so what is wrong with one request is its own fault alone.
 */
export function checkRequestBatch(batch: RequestBatch, env: StaticEnvironment): RequestVerdict[] {
  const { requests } = batch;
  const hashes = requests.map(({ subject }) => requestHash(subject));
  const context = batchContext(requests, hashes, env.chainId);
  const unsigned = signerOf(batch, context, env.scheme) === null ? unsignedBatch : null;
  const [first] = requests;
  assert(first !== undefined, 'a batch of no requests');
  const openings = checkOpenings(first.proofs.space, context, batchOpenings(requests.length));
  return requests.map((request, i) => {
    const hash = hashes[i] as Digest;
    const own = contextOf(request, hash, env.chainId);
    return checkProven(request, hash, env, { context: own, unsigned, openings });
  });
}

const unsignedBatch: ProofFailure = {
  proof: 'signature',
  reason: 'not signed by the node key',
  measured: 'invalid signature',
  required: 'a signature over the batch of requests',
};
