import { digestToBytes } from '../base/digest.ts';
import type { Random } from '../base/random.ts';
import {
  type OwnProofs,
  type RequestIngredients,
  requestContext,
  signRequest,
} from '../proofs/proof-set.ts';
import type { CertificateRequest, ProofSet } from '../proofs/request.ts';
import { makeSpace, openingsHold, type SpaceProof } from '../proofs/space.ts';
import { makeStake, type StakeProof } from '../proofs/stake.ts';
import { makeTime, type TimeProof } from '../proofs/time.ts';
import { type WorkProof, workBits } from '../proofs/work.ts';
import type { SolveWork } from '../runtime/solve-work.ts';
import type { Broken } from './parameters.ts';

/** Ingredients of one attempt, and how it is broken on purpose. */
export interface Attempt extends RequestIngredients {
  readonly broken: Broken | null;
  /** An already used time sequence, for a replay. */
  readonly usedSequence: number | null;
}

/**
 * Makes all four proofs, wrong where the attempt says so and nowhere else, and signs: see
 * {@link makeOwn}.
 */
export function makeAttempt(
  attempt: Attempt,
  random: Random,
  solveWork: SolveWork,
  signal: AbortSignal,
  done: (request: CertificateRequest) => void,
): void {
  const space = spaceOf(attempt, requestContext(attempt));
  makeOwn(attempt, random, solveWork, signal, (own) => done(sign(attempt, { space, ...own })));
}

/** What requests under one signature share cannot be wrong in one of them alone. */
export function mayShare({ broken }: Pick<Attempt, 'broken'>): boolean {
  return broken !== 'space' && broken !== 'signature';
}

/**
 * Makes the proofs that a request shares with no other, wrong where the attempt says so. The work
 * is done by `solveWork`, wherever that is; never called back once `signal` is aborted. `random`
 * decides how a rule is broken; it is drawn from before the work, so where that is done never
 * changes what is sent.
 */
export function makeOwn(
  attempt: Attempt,
  random: Random,
  solveWork: SolveWork,
  signal: AbortSignal,
  done: (own: OwnProofs) => void,
): void {
  const context = requestContext(attempt);
  const stake = stakeOf(attempt, context, random);
  const time = timeOf(attempt, context, random);
  workOf(attempt, context, solveWork, signal, (work) => done({ stake, work, time }));
}

/** Broken: the labels of other positions than the context draws. */
function spaceOf({ plot, broken }: Attempt, context: Uint8Array): SpaceProof {
  let drawn = context;
  let space = makeSpace(plot, drawn);
  while (broken === 'space' && openingsHold(space, context)) {
    drawn = digestToBytes('hypermesh workload other positions', drawn);
    space = makeSpace(plot, drawn);
  }
  return space;
}

/** Broken: claims less than is asked for, or more than is locked. */
function stakeOf(attempt: Attempt, context: Uint8Array, random: Random): StakeProof {
  const { stakeAmount, subject, broken, requirements } = attempt;
  let amount = stakeAmount;
  if (broken === 'stake') {
    const tooLittle = requirements.minimumStake > 0 && random.chance(0.5);
    amount = tooLittle ? Math.floor(requirements.minimumStake / 2) : stakeAmount * 2;
  }
  return makeStake(context, subject.nodeId, amount);
}

/** Broken: a timestamp twice as far off as the profile allows. Replay: a sequence used before. */
function timeOf(attempt: Attempt, context: Uint8Array, random: Random): TimeProof {
  const { beacon, broken, requirements, usedSequence } = attempt;
  let timestamp = attempt.timestamp;
  if (broken === 'time') {
    const offsetMs = requirements.maxTimeOffsetMs * 2 + 60_000;
    timestamp += random.chance(0.5) ? offsetMs : -offsetMs;
  }
  const reused = broken === 'replay' ? usedSequence : null;
  return makeTime(context, timestamp, beacon, reused ?? attempt.sequence);
}

/** Broken: the first nonce that falls short. */
function workOf(
  attempt: Attempt,
  context: Uint8Array,
  solveWork: SolveWork,
  signal: AbortSignal,
  done: (work: WorkProof) => void,
): void {
  const { minimumComputeBits: bits, workFunction = 'sha256' } = attempt.requirements;
  if (attempt.broken === 'work') {
    let nonce = 0;
    while (workBits(context, nonce, workFunction) >= bits) nonce++;
    done({ nonce });
    return;
  }
  solveWork({ context, bits, workFunction }, signal, done);
}

function sign(attempt: Attempt, proofs: ProofSet): CertificateRequest {
  const request = signRequest(attempt.chainId, attempt.subject, proofs, attempt.signer);
  if (attempt.broken !== 'signature') return request;
  const signature = request.signature.slice();
  signature[0] = (signature[0] ?? 0) ^ 1;
  return { ...request, signature };
}
