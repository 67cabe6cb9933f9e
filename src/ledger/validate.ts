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
import type { Account, LedgerPlot } from './account.ts';
import type { AgreedClock } from './agreed-clock.ts';
import type { Genesis } from './genesis.ts';
import { limits } from './limits.ts';
import type { Load } from './load.ts';
import { type ReplayWindow, replayFault } from './replay-window.ts';
import type { ValidationResult } from './result.ts';
import type { LedgerState } from './state.ts';

/** Cheap checks first; a reader of the refusal sees them in this order. */
const order: readonly FailedProof[] = ['signature', 'time', 'replay', 'work', 'stake', 'space'];

/** What the state says of a node that asks: read once for all that it asks in one operation. */
export interface Requester {
  readonly clock: AgreedClock;
  readonly load: Load;
  readonly account: Account | null;
  readonly plot: LedgerPlot | null;
  /** It is a voting replica, which proves for nobody. */
  readonly votes: boolean;
  /** With what its requests have used up so far. */
  window: ReplayWindow;
}

export function requesterOf(
  state: LedgerState,
  nodeId: Uint8Array,
  isValidator: (key: Uint8Array) => boolean,
): Requester {
  return {
    clock: state.clock,
    load: state.load,
    account: state.account(nodeId),
    plot: state.plot(nodeId),
    votes: isValidator(nodeId),
    window: state.window(nodeId),
  };
}

/** What a validation is decided on besides the request and the state. */
export interface ValidationCase {
  readonly genesis: Genesis;
  /** `requestDigest` of the operation. */
  readonly operation: Digest;
  /** Another operation of this node used the request id before. */
  readonly idUsed: boolean;
}

/** Joins the static verdict with everything that depends on state. Changes nothing. */
export function decideValidation(
  requester: Requester,
  request: ProvenSubject,
  verdict: RequestVerdict,
  { genesis, operation, idUsed }: ValidationCase,
): ValidationResult {
  const { subject, proofs } = request;
  const { clock, account, plot, votes } = requester;
  const computeBits = bitsFor(requester, genesis, proofs.time.beacon);
  const asked = { ...genesis.requirements, minimumComputeBits: computeBits };
  const required = strictest(asked, subject.requirements);
  const work = workReport(verdict, required.minimumComputeBits);
  const time = checkTime(proofs.time, clock, required.maxTimeOffsetMs);
  const failures = inOrder([
    verdict.failures.filter(({ proof }) => proof !== 'work'),
    work.failures,
    time.failures,
    replayFailures(requester.window, request, idUsed),
    checkStakeAccount(proofs.stake, subject, proofs.time.timestamp, account, votes),
    checkRegistered(proofs.space, plot),
    genesis.requirePosition === true ? positionFailures(plot) : none,
    attestationFailures(plot, clock.beacon.epoch, genesis.attestationEpochs ?? 0),
  ]);
  return {
    type: 'validation',
    operation,
    decidedAtMs: clock.nowMs,
    beacon: clock.beacon,
    computeBits: bitsFor(requester, genesis, clock.beacon),
    requestId: subject.requestId,
    nodeId: subject.nodeId,
    requestHash: verdict.requestHash,
    tbsDigest: subject.tbsDigest,
    status: failures.length === 0 ? 'valid' : 'invalid',
    failures,
    measured: {
      ...verdict.measures,
      work: { measured: work.measured, required: work.required },
      time: { measured: time.measured, required: time.required },
    },
  };
}

const none: readonly ProofFailure[] = [];

/** As many as an answer says, those of the cheap checks first. */
function inOrder(found: readonly (readonly ProofFailure[])[]): readonly ProofFailure[] {
  if (found.every(({ length }) => length === 0)) return none;
  const failures = found.flat();
  failures.sort((a, b) => order.indexOf(a.proof) - order.indexOf(b.proof));
  return failures.slice(0, limits.failures);
}

/**
 * Bits the cluster asks of requests made for `beacon`: the profile's, and what demand adds. What is
 * made for a beacon that is not current fails by time, whatever is said here.
 */
export function computeBitsFor(state: LedgerState, genesis: Genesis, beacon: Beacon): number {
  return bitsFor(state, genesis, beacon);
}

function bitsFor(
  { load, clock }: Pick<Requester, 'load' | 'clock'>,
  genesis: Genesis,
  beacon: Beacon,
): number {
  const { minimumComputeBits } = genesis.requirements;
  const { extraBits, previousExtraBits } = load;
  const { previousBeacon } = clock;
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
  window: ReplayWindow,
  { subject, proofs }: ProvenSubject,
  idUsed: boolean,
): ProofFailure[] {
  const failures: ProofFailure[] = [];
  const { sequence } = proofs.time;
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
