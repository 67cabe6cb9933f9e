import type { Digest } from '../base/digest.ts';
import { limits as proofLimits } from '../proofs/limits.ts';
import { strictest } from '../proofs/profiles.ts';
import type { RequestVerdict } from '../proofs/proof-set.ts';
import type {
  Beacon,
  FailedProof,
  ProofFailure,
  ProofReport,
  ProvenSubject,
} from '../proofs/request.ts';
import { checkRegistered } from '../proofs/space.ts';
import { checkStakeAccount } from '../proofs/stake.ts';
import { checkTime } from '../proofs/time.ts';
import { reportWork } from '../proofs/work.ts';
import type { LedgerPlot } from './account.ts';
import type { Genesis } from './genesis.ts';
import { limits } from './limits.ts';
import { replayFault } from './replay-window.ts';
import type { ValidationResult } from './result.ts';
import type { LedgerState } from './state.ts';

/** Cheap checks first; a reader of the refusal sees them in this order. */
const order: readonly FailedProof[] = ['signature', 'time', 'replay', 'work', 'stake', 'space'];

/** What a validation is decided on besides the request and the state. */
export interface ValidationCase {
  readonly genesis: Genesis;
  readonly isValidator: (key: Uint8Array) => boolean;
  /** `requestDigest` of the operation. */
  readonly operation: Digest;
  /** Another operation of this node used the request id before. */
  readonly idUsed: boolean;
}

/** Joins the static verdict with everything that depends on state. Reads state, changes none. */
export function decideValidation(
  state: LedgerState,
  request: ProvenSubject,
  verdict: RequestVerdict,
  { genesis, isValidator, operation, idUsed }: ValidationCase,
): ValidationResult {
  const { subject, proofs } = request;
  const { clock } = state;
  const computeBits = computeBitsFor(state, genesis, proofs.time.beacon);
  const asked = { ...genesis.requirements, minimumComputeBits: computeBits };
  const required = strictest(asked, subject.requirements);
  const work = workReport(verdict, required.minimumComputeBits);
  const time = checkTime(proofs.time, clock, required.maxTimeOffsetMs);
  const account = state.account(subject.nodeId);
  const votes = isValidator(subject.nodeId);
  const plot = state.plot(subject.nodeId);
  const failures: ProofFailure[] = [
    ...verdict.failures.filter(({ proof }) => proof !== 'work'),
    ...work.failures,
    ...time.failures,
    ...replayFailures(state, request, idUsed),
    ...checkStakeAccount(proofs.stake, subject, proofs.time.timestamp, account, votes),
    ...checkRegistered(proofs.space, plot),
    ...(genesis.requirePosition === true ? positionFailures(plot) : []),
    ...attestationFailures(plot, clock.beacon.epoch, genesis.attestationEpochs ?? 0),
  ];
  failures.sort((a, b) => order.indexOf(a.proof) - order.indexOf(b.proof));
  return {
    type: 'validation',
    operation,
    decidedAtMs: clock.nowMs,
    beacon: clock.beacon,
    computeBits: computeBitsFor(state, genesis, clock.beacon),
    requestId: subject.requestId,
    nodeId: subject.nodeId,
    requestHash: verdict.requestHash,
    tbsDigest: subject.tbsDigest,
    status: failures.length === 0 ? 'valid' : 'invalid',
    failures: failures.slice(0, limits.failures),
    measured: {
      ...verdict.measures,
      work: { measured: work.measured, required: work.required },
      time: { measured: time.measured, required: time.required },
    },
  };
}

/**
 * Bits the cluster asks of requests made for `beacon`: the profile's, and what demand adds. What is
 * made for a beacon that is not current fails by time, whatever is said here.
 */
export function computeBitsFor(state: LedgerState, genesis: Genesis, beacon: Beacon): number {
  const { minimumComputeBits } = genesis.requirements;
  const { extraBits, previousExtraBits } = state.load;
  const { previousBeacon } = state.clock;
  const extra = beacon.value === previousBeacon.value ? previousExtraBits : extraBits;
  return Math.min(proofLimits.workBits, minimumComputeBits + extra);
}

/** Judged anew, for the static verdict knows the profile's difficulty but not the load's. */
function workReport({ workBits, measures }: RequestVerdict, bits: number): ProofReport {
  if (workBits !== null) return reportWork(workBits, bits);
  return { measured: measures.work.measured, required: `${bits} bits`, failures: [] };
}

/** The id has a decision already, and it is another request's. */
export const idUsedReason = 'request id used before for another request';

function replayFailures(
  state: LedgerState,
  { subject, proofs }: ProvenSubject,
  idUsed: boolean,
): ProofFailure[] {
  const failures: ProofFailure[] = [];
  const { sequence } = proofs.time;
  const window = state.window(subject.nodeId);
  const fault = replayFault(window, sequence);
  if (fault !== null) {
    const required = `an unused one, highest ${window.highest}`;
    failures.push({ proof: 'replay', reason: fault, measured: `sequence ${sequence}`, required });
  }
  if (idUsed) {
    const measured = subject.requestId;
    const required = 'a new request id';
    failures.push({ proof: 'replay', reason: idUsedReason, measured, required });
  }
  return failures;
}

function positionFailures(plot: LedgerPlot | null): ProofFailure[] {
  if (plot === null || plot.position !== null) return [];
  const reason = 'no network position is registered for this node';
  return [{ proof: 'space', reason, measured: 'none', required: 'a signed peer record' }];
}

/** Heals by an attestation: a plot's holder that reads this may still have all of it. */
export const overdueReason = 'full challenge overdue';

function attestationFailures(
  plot: LedgerPlot | null,
  epoch: number,
  attestationEpochs: number,
): ProofFailure[] {
  if (plot === null || attestationEpochs === 0) return [];
  if (plot.attestedEpoch >= epoch - attestationEpochs) return [];
  return [
    {
      proof: 'space',
      reason: overdueReason,
      measured: `epoch ${plot.attestedEpoch}`,
      required: `epoch ${epoch - attestationEpochs} or later`,
    },
  ];
}
