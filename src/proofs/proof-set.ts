import { assert } from '../base/assert.ts';
import type { Digest } from '../base/digest.ts';
import type { SignatureScheme, Signer } from '../base/signature.ts';
import { proofContext } from './context.ts';
import { strictest } from './profiles.ts';
import type {
  Beacon,
  CertificateRequest,
  CertificateSubject,
  Measure,
  ProofFailure,
  ProofName,
  ProofReport,
  ProofSet,
  ProvenSubject,
  Requirements,
} from './request.ts';
import { requestHash, signedRequestBytes, subjectFault } from './request-codec.ts';
import { type CheckedOpenings, checkOpenings, checkSpace, makeSpace } from './space.ts';
import { checkStakeClaim, makeStake } from './stake.ts';
import type { AnyPlot } from './stored-plot.ts';
import { checkTimeNonce, makeTime } from './time.ts';
import { checkWork, makeWork, type WorkProof } from './work.ts';

/** What a requester needs to make all four proofs. */
export interface RequestIngredients {
  readonly chainId: Digest;
  /** Its `nodeId` is the signer's public key. */
  readonly subject: CertificateSubject;
  readonly signer: Signer;
  readonly plot: AnyPlot;
  /** Locked stake to claim, whole units. */
  readonly stakeAmount: number;
  /** The newest the requester knows. */
  readonly beacon: Beacon;
  /** The requester's clock, milliseconds since 1970. */
  readonly timestamp: number;
  /** The node's next, from 1. */
  readonly sequence: number;
  /** The cluster's profile: decides how much work is done. */
  readonly requirements: Requirements;
}

/** The context all four proofs of this request commit to: 32 bytes. */
export function requestContext(ingredients: RequestIngredients): Uint8Array {
  const { chainId, beacon, subject } = ingredients;
  const nodeId = subject.nodeId;
  return proofContext({ chainId, beacon, nodeId, requestHash: requestHash(subject) });
}

/** The proofs that a request shares with no other, however it is signed. */
export type OwnProofs = Omit<ProofSet, 'space'>;

/** Makes them. `work` and its context are handed in by callers that solve it in slices. */
export function makeOwnProofs(
  ingredients: RequestIngredients,
  work?: WorkProof,
  context = requestContext(ingredients),
): OwnProofs {
  const { subject, beacon } = ingredients;
  const fault = subjectFault(subject);
  assert(fault === null, `subject: ${fault}`);
  const required = strictest(ingredients.requirements, subject.requirements);
  const { minimumComputeBits, workFunction } = required;
  return {
    stake: makeStake(context, subject.nodeId, ingredients.stakeAmount),
    work: work ?? makeWork(context, minimumComputeBits, 0, workFunction),
    time: makeTime(context, ingredients.timestamp, beacon, ingredients.sequence),
  };
}

/** Makes all four proofs and signs; `work` as in {@link makeOwnProofs}. */
export function makeRequest(ingredients: RequestIngredients, work?: WorkProof): CertificateRequest {
  const { subject, signer, plot, chainId } = ingredients;
  const own = makeOwnProofs(ingredients, work);
  const space = makeSpace(plot, requestContext(ingredients));
  return signRequest(chainId, subject, { space, ...own }, signer);
}

export function signRequest(
  chainId: Digest,
  subject: CertificateSubject,
  proofs: ProofSet,
  signer: Signer,
): CertificateRequest {
  const signature = signer.sign(signedRequestBytes(chainId, subject, proofs));
  return { subject, proofs, signature };
}

/** What the static checks depend on: nothing that changes while a cluster runs. */
export interface StaticEnvironment {
  readonly chainId: Digest;
  readonly requirements: Requirements;
  readonly scheme: SignatureScheme;
}

/** All that can be said about a request without the ledger's state. May be kept by its digest. */
export interface RequestVerdict {
  readonly requestHash: Digest;
  /** The node key signed subject and proofs. */
  readonly authentic: boolean;
  /** Every broken rule, the cheap checks first. */
  readonly failures: readonly ProofFailure[];
  /** The work done, for a requirement that depends on load; null when it was not measured. */
  readonly workBits: number | null;
  /** `time` has its measure only against agreed time: the ledger fills it in. */
  readonly measures: Readonly<Record<Exclude<ProofName, 'time'>, Measure>>;
}

/** Checks signature, nonce, work, stake claim and openings; one failure hides no other. */
export function checkStatic(request: CertificateRequest, env: StaticEnvironment): RequestVerdict {
  const { subject, proofs, signature } = request;
  const hash = requestHash(subject);
  const context = contextOf(request, hash, env.chainId);
  const signed = signedRequestBytes(env.chainId, subject, proofs);
  return checkProven(request, hash, env, {
    context,
    unsigned: env.scheme.verify(subject.nodeId, signed, signature) ? null : unsigned,
    openings: checkOpenings(proofs.space, context),
  });
}

/** What all proofs of a request commit to but those that it shares with others. */
export function contextOf(
  { subject, proofs }: ProvenSubject,
  hash: Digest,
  chainId: Digest,
): Uint8Array {
  const { beacon } = proofs.time;
  return proofContext({ chainId, beacon, nodeId: subject.nodeId, requestHash: hash });
}

/** What was found out of a request, or of all that share signature and openings with it. */
export interface Foundation {
  readonly context: Uint8Array;
  /** Why nobody vouches for it; null when the node key signed. */
  readonly unsigned: ProofFailure | null;
  readonly openings: CheckedOpenings;
}

/** The rules that each request must keep by itself, on what was found out before. */
export function checkProven(
  { subject, proofs }: ProvenSubject,
  hash: Digest,
  env: StaticEnvironment,
  { context, unsigned: fault, openings }: Foundation,
): RequestVerdict {
  const required = strictest(env.requirements, subject.requirements);
  const authentic = fault === null;
  const { minimumComputeBits, workFunction } = required;
  // Ten milliseconds are for those who signed: anybody can send bytes.
  const work =
    workFunction === 'scrypt' && !authentic
      ? unmeasuredWork(minimumComputeBits)
      : checkWork(proofs.work, context, minimumComputeBits, workFunction);
  const stake = checkStakeClaim(proofs.stake, subject.nodeId, context, required.minimumStake);
  const space = checkSpace(proofs.space, openings, required.minimumStorageBytes);
  const time = checkTimeNonce(proofs.time, context);
  const found = time.length + work.failures.length + stake.failures.length + space.failures.length;
  const failures: readonly ProofFailure[] =
    authentic && found === 0
      ? []
      : [
          ...(authentic ? [] : [fault]),
          ...time,
          ...work.failures,
          ...stake.failures,
          ...space.failures,
        ];
  const measures = { space: measureOf(space), stake: measureOf(stake), work: measureOf(work) };
  return { requestHash: hash, authentic, failures, measures, workBits: work.bits };
}

const unsigned: ProofFailure = {
  proof: 'signature',
  reason: 'not signed by the node key',
  measured: 'invalid signature',
  required: 'a signature over subject and proofs',
};

function unmeasuredWork(minimumComputeBits: number): ProofReport & { readonly bits: null } {
  const required = `${minimumComputeBits} bits`;
  return { measured: 'not measured, for want of a signature', required, bits: null, failures: [] };
}

function measureOf({ measured, required }: Measure): Measure {
  return { measured, required };
}
