/**
 * Faults (floor 2): judgement. Strikes and committed decisions in, standing out. The invariants:
 *
 * - `suspected` is one replica's own opinion: local, reversible by time alone. It may throttle a
 *   link or start a view change; n, f and quorum never change by it.
 * - `isolated` follows only from a committed `isolate`, whose evidence every replica has checked.
 *   At most f replicas are isolated in one membership epoch, whatever is committed.
 * - Pure: state in, state out. What depends on committed inputs alone is equal on all replicas.
 */
import { assert } from '../base/assert.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import { maxFaulty } from '../pbft/quorum.ts';
import type { Instant } from '../pbft/replica.ts';
import { type Offence, offenceWeights } from './offence.ts';

export type Standing = 'trusted' | 'suspected' | 'isolated' | 'recovering';

/** What one replica holds of another. */
export interface Dossier {
  readonly standing: Standing;
  /** Weight of its offences, decayed to `asOfMs`. */
  readonly score: number;
  readonly asOfMs: Instant;
}

export interface Standings {
  readonly epoch: number;
  /** By replica index. */
  readonly dossiers: readonly Dossier[];
  /** Isolated in this epoch, also those readmitted since: counts against the limit of f. */
  readonly isolatedInEpoch: readonly ReplicaIndex[];
}

export type StandingInput =
  | { readonly type: 'strike'; readonly replica: ReplicaIndex; readonly offence: Offence }
  /** Time passed: suspicion that nothing renewed ends. */
  | { readonly type: 'tick' }
  /** Committed: evidence against it convinced a quorum. */
  | { readonly type: 'isolate'; readonly replica: ReplicaIndex }
  /** It came back with nothing proved yet: after a restart, or with a new key. */
  | { readonly type: 'restart' | 'rekey'; readonly replica: ReplicaIndex }
  /** A committed decision took it back, and it takes part again. */
  | { readonly type: 'readmit'; readonly replica: ReplicaIndex }
  /** Committed: a new membership epoch begins. */
  | { readonly type: 'epoch'; readonly epoch: number };

export interface StandingChange {
  readonly replica: ReplicaIndex;
  readonly from: Standing;
  readonly to: Standing;
}

export interface Judgement {
  readonly standings: Standings;
  readonly changes: readonly StandingChange[];
  /** Why a committed decision had no effect; null where it had. */
  readonly refused: string | null;
}

export const suspicion = {
  /** Half of a score is forgiven in this time. */
  halfLifeMs: 10_000,
  /** From this score on a replica is suspected … */
  suspectAt: 20,
  /** … until it is at or below this one: far enough apart that standing does not flicker. */
  trustAt: 5,
  /** No score rises above: the worst offender is trusted again after four half-lives of peace. */
  maxScore: 80,
} as const;

/** Everyone trusted: `n` replicas at the beginning of a membership epoch. */
export function initialStandings(n: number, epoch: number, nowMs: Instant): Standings {
  const dossier: Dossier = { standing: 'trusted', score: 0, asOfMs: nowMs };
  return { epoch, dossiers: new Array<Dossier>(n).fill(dossier), isolatedInEpoch: [] };
}

/** One input judged at `nowMs`, this replica's own time. */
export function judge(standings: Standings, input: StandingInput, nowMs: Instant): Judgement {
  switch (input.type) {
    case 'strike':
      return strike(standings, input.replica, offenceWeights[input.offence], nowMs);
    case 'tick':
      return tick(standings, nowMs);
    case 'isolate':
      return isolate(standings, input.replica, nowMs);
    case 'restart':
      // Whoever was isolated for a lie is not cleared by starting again with the same key.
      return dossierOf(standings, input.replica).standing === 'isolated'
        ? refuse(standings, `replica ${input.replica} is isolated, a restart does not clear it`)
        : move(standings, input.replica, 'recovering', nowMs);
    case 'rekey':
      return move(standings, input.replica, 'recovering', nowMs);
    case 'readmit':
      return dossierOf(standings, input.replica).standing === 'recovering'
        ? move(standings, input.replica, 'trusted', nowMs)
        : refuse(standings, `replica ${input.replica} is not recovering`);
    case 'epoch':
      return input.epoch > standings.epoch
        ? accept({ ...standings, epoch: input.epoch, isolatedInEpoch: [] })
        : refuse(standings, `epoch ${input.epoch} is not after epoch ${standings.epoch}`);
  }
}

/** The score at `nowMs`. A clock that went back forgives nothing. */
export function scoreAt(
  { score, asOfMs }: Pick<Dossier, 'score' | 'asOfMs'>,
  nowMs: Instant,
): number {
  return score * 2 ** (-Math.max(0, nowMs - asOfMs) / suspicion.halfLifeMs);
}

/**
 * Whose links to throttle: the suspected, unless they are more than f. So many cannot be faulty at
 * once; then the fault is more likely this replica's own link, and it must not cut itself off.
 */
export function throttled({ dossiers }: Standings): readonly ReplicaIndex[] {
  const suspected = [...dossiers.keys()].filter((i) => dossiers[i]?.standing === 'suspected');
  return suspected.length > maxFaulty(dossiers.length) ? [] : suspected;
}

function strike(
  standings: Standings,
  replica: ReplicaIndex,
  weight: number,
  nowMs: Instant,
): Judgement {
  const before = dossierOf(standings, replica);
  const score = Math.min(suspicion.maxScore, scoreAt(before, nowMs) + weight);
  const asOfMs = Math.max(nowMs, before.asOfMs);
  const struck = replace(standings, replica, { ...before, score, asOfMs });
  const guilty = before.standing === 'trusted' && score >= suspicion.suspectAt;
  return guilty ? move(struck, replica, 'suspected', nowMs) : accept(struck);
}

function tick(standings: Standings, nowMs: Instant): Judgement {
  let judged = standings;
  const changes: StandingChange[] = [];
  for (let replica = 0; replica < standings.dossiers.length; replica++) {
    const dossier = dossierOf(standings, replica);
    if (dossier.standing !== 'suspected') continue;
    if (scoreAt(dossier, nowMs) > suspicion.trustAt) continue;
    judged = replace(judged, replica, { ...dossier, standing: 'trusted' });
    changes.push({ replica, from: 'suspected', to: 'trusted' });
  }
  return { standings: judged, changes, refused: null };
}

function isolate(standings: Standings, replica: ReplicaIndex, nowMs: Instant): Judgement {
  const { isolatedInEpoch, dossiers } = standings;
  if (dossierOf(standings, replica).standing === 'isolated') {
    return refuse(standings, `replica ${replica} is isolated already`);
  }
  const counted = isolatedInEpoch.includes(replica);
  if (!counted && isolatedInEpoch.length >= maxFaulty(dossiers.length)) {
    return refuse(standings, `${isolatedInEpoch.length} replicas isolated in this epoch already`);
  }
  const noted = counted ? isolatedInEpoch : [...isolatedInEpoch, replica];
  return move({ ...standings, isolatedInEpoch: noted }, replica, 'isolated', nowMs);
}

function move(
  standings: Standings,
  replica: ReplicaIndex,
  to: Standing,
  nowMs: Instant,
): Judgement {
  const before = dossierOf(standings, replica);
  if (before.standing === to) return accept(standings);
  // What was held against it belongs to the standing it leaves, except on the way to suspicion.
  const score = to === 'suspected' ? before.score : 0;
  const asOfMs = Math.max(nowMs, before.asOfMs);
  return {
    standings: replace(standings, replica, { standing: to, score, asOfMs }),
    changes: [{ replica, from: before.standing, to }],
    refused: null,
  };
}

function dossierOf({ dossiers }: Standings, replica: ReplicaIndex): Dossier {
  const dossier = dossiers[replica];
  // No words for what is well: every tick asks for all of them.
  if (dossier === undefined) assert(false, `standing of replica ${replica} of ${dossiers.length}`);
  return dossier;
}

function replace(standings: Standings, replica: ReplicaIndex, dossier: Dossier): Standings {
  return { ...standings, dossiers: standings.dossiers.with(replica, dossier) };
}

function accept(standings: Standings): Judgement {
  return { standings, changes: [], refused: null };
}

function refuse(standings: Standings, reason: string): Judgement {
  return { standings, changes: [], refused: reason };
}
