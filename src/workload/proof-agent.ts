import { digestToBytes } from '../base/digest.ts';
import type { Random } from '../base/random.ts';
import { type RequestIngredients, requestContext, signRequest } from '../proofs/proof-set.ts';
import type { CertificateRequest, ProofSet } from '../proofs/request.ts';
import { makeSpace, openingsHold, type SpaceProof } from '../proofs/space.ts';
import { makeStake, type StakeProof } from '../proofs/stake.ts';
import { makeTime, type TimeProof } from '../proofs/time.ts';
import { type WorkProof, WorkSolver, workBits } from '../proofs/work.ts';
import type { Timers } from '../runtime/ports.ts';
import type { Broken } from './parameters.ts';

/** Hashes tried before the event loop gets its turn: some ten milliseconds. */
const hashesPerSlice = 4096;

/** Ingredients of one attempt, and how it is broken on purpose. */
export interface Attempt extends RequestIngredients {
  readonly broken: Broken | null;
  /** An already used time sequence, for a replay. */
  readonly usedSequence: number | null;
}

/**
 * Makes all four proofs, wrong where the attempt says so and nowhere else, and signs. The work is
 * done at once with `slices` null (virtual time), else in slices between timers, so that the
 * process stays responsive. `random` decides how a rule is broken; it is drawn from before the
 * first slice, so slices never change what is sent.
 */
export function makeAttempt(
  attempt: Attempt,
  random: Random,
  slices: Timers | null,
  done: (request: CertificateRequest) => void,
): void {
  const context = requestContext(attempt);
  const space = spaceOf(attempt, context);
  const stake = stakeOf(attempt, context, random);
  const time = timeOf(attempt, context, random);
  solveWork(attempt, context, slices, (work) => {
    done(sign(attempt, { space, stake, work, time }));
  });
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

function solveWork(
  attempt: Attempt,
  context: Uint8Array,
  slices: Timers | null,
  done: (work: WorkProof) => void,
): void {
  const bits = attempt.requirements.minimumComputeBits;
  if (attempt.broken === 'work') {
    let nonce = 0;
    while (workBits(context, nonce) >= bits) nonce++;
    done({ nonce });
    return;
  }
  const solver = new WorkSolver(context, bits);
  const slice = (): void => {
    for (;;) {
      const work = solver.step(hashesPerSlice);
      if (work !== null) {
        done(work);
        return;
      }
      if (slices !== null) {
        slices.after(0, slice);
        return;
      }
    }
  };
  slice();
}

function sign(attempt: Attempt, proofs: ProofSet): CertificateRequest {
  const request = signRequest(attempt.chainId, attempt.subject, proofs, attempt.signer);
  if (attempt.broken !== 'signature') return request;
  const signature = request.signature.slice();
  signature[0] = (signature[0] ?? 0) ^ 1;
  return { ...request, signature };
}
