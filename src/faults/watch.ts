import type { ReplicaIndex } from '../pbft/messages.ts';
import type { Instant } from '../pbft/replica.ts';
import { limits } from './limits.ts';
import type { Offence } from './offence.ts';
import {
  initialStandings,
  judge,
  type StandingChange,
  type StandingInput,
  type Standings,
  throttled,
} from './standing.ts';

export interface WatchOptions {
  readonly index: ReplicaIndex;
  /** Voting replicas. */
  readonly n: number;
  readonly epoch: number;
  /** An idle replica is heard from every few of these. */
  readonly statusIntervalMs: number;
}

const nothing: readonly StandingChange[] = [];

/**
 * One replica's eyes on the others: turns what it hears, and what it no longer hears, into strikes,
 * and tells how standing changes. Local opinion; nothing here is evidence. Indices outside the
 * validator set (standbys, clients) are no one's concern.
 */
export class Watch {
  private readonly options: WatchOptions;
  /** By replica: when it was last heard, and messages since the last count. */
  private readonly lastMs: Float64Array;
  private readonly messages: Float64Array;
  private lookedMs: Instant;
  private countedMs: Instant;
  private isolated: readonly ReplicaIndex[] = [];
  /** Messages in one window that are no flood, by the last window's measure. */
  private allowance: number = limits.floodPerSecond;
  private restrained: readonly ReplicaIndex[] = [];
  /** Somebody was taken back and has yet to be seen to vote. */
  someRecover = false;
  standings: Standings;

  constructor(options: WatchOptions, nowMs: Instant) {
    this.options = options;
    this.lastMs = new Float64Array(options.n).fill(nowMs);
    this.messages = new Float64Array(options.n);
    this.lookedMs = nowMs;
    this.countedMs = nowMs;
    this.standings = initialStandings(options.n, options.epoch, nowMs);
  }

  /** A message came over this replica's link. */
  heard(from: ReplicaIndex, nowMs: Instant): void {
    if (from >= this.messages.length) return;
    this.lastMs[from] = nowMs;
    this.messages[from] = (this.messages[from] as number) + 1;
  }

  /**
   * False for a message past what is no flood, from a peer whose link is throttled. A suspected
   * peer that sends no more than the others is heard like them: suspicion may be wrong.
   */
  admits(from: ReplicaIndex): boolean {
    if (this.restrained.length === 0 || !this.restrained.includes(from)) return true;
    const messages = this.messages[from] ?? 0;
    if (messages <= this.allowance) return true;
    // A burst of everybody's began after the last window: nobody floods who sends no more than all.
    this.allowance = Math.max(this.allowance, limits.floodFactor * this.median());
    return messages <= this.allowance;
  }

  strike(replica: ReplicaIndex, offence: Offence, nowMs: Instant): readonly StandingChange[] {
    if (replica === this.options.index || this.lastMs[replica] === undefined) return [];
    return this.take({ type: 'strike', replica, offence }, nowMs);
  }

  /** The committed state isolates exactly these from now on. */
  setIsolated(replicas: readonly ReplicaIndex[], nowMs: Instant): readonly StandingChange[] {
    const changes: StandingChange[] = [];
    for (const replica of replicas) {
      if (this.lastMs[replica] === undefined || this.isolated.includes(replica)) continue;
      changes.push(...this.take({ type: 'isolate', replica }, nowMs));
    }
    for (const replica of this.isolated) {
      if (replicas.includes(replica)) continue;
      changes.push(...this.take({ type: 'rekey', replica }, nowMs));
      // Its own votes it does not hear.
      if (replica === this.options.index) changes.push(...this.voted(replica, nowMs));
    }
    this.isolated = [...replicas];
    return changes;
  }

  /** It votes: whoever was taken back and is seen to take part needs no more proof. */
  voted(replica: ReplicaIndex, nowMs: Instant): readonly StandingChange[] {
    if (!this.someRecover) return nothing; // every vote asks
    if (this.standings.dossiers[replica]?.standing !== 'recovering') return nothing;
    return this.take({ type: 'readmit', replica }, nowMs);
  }

  /** {@link look} would do something. */
  mayLook(nowMs: Instant): boolean {
    return nowMs - this.lookedMs >= this.options.statusIntervalMs;
  }

  /** Time passed: who is silent, who floods, who is forgiven. Cheap when called too often. */
  look(nowMs: Instant): readonly StandingChange[] {
    if (!this.mayLook(nowMs)) return nothing;
    const { statusIntervalMs } = this.options;
    this.lookedMs = nowMs;
    const changes = [...this.take({ type: 'tick' }, nowMs)];
    for (let replica = 0; replica < this.lastMs.length; replica++) {
      const lastMs = this.lastMs[replica] as number;
      if (nowMs - lastMs < limits.silentIntervals * statusIntervalMs) continue;
      changes.push(...this.strike(replica, 'silence', nowMs));
    }
    if (nowMs - this.countedMs >= limits.floodWindowMs) changes.push(...this.count(nowMs));
    return changes;
  }

  /** A flood is far more than the others send: load alone raises them all alike. */
  private count(nowMs: Instant): StandingChange[] {
    const changes: StandingChange[] = [];
    const seconds = (nowMs - this.countedMs) / 1000;
    const most = Math.max(limits.floodPerSecond * seconds, limits.floodFactor * this.median());
    this.allowance = most;
    for (const [replica, messages] of this.messages.entries()) {
      if (messages > most) changes.push(...this.strike(replica, 'flood', nowMs));
    }
    this.messages.fill(0);
    this.countedMs = nowMs;
    return changes;
  }

  /** What half of the others sent no more than, since the last count. */
  private median(): number {
    const counts = this.messages.filter((_, replica) => replica !== this.options.index).sort();
    return counts[Math.floor((counts.length - 1) / 2)] ?? 0;
  }

  private take(input: StandingInput, nowMs: Instant): readonly StandingChange[] {
    const { standings, changes } = judge(this.standings, input, nowMs);
    this.standings = standings;
    if (changes.length === 0) return changes;
    this.restrained = throttled(standings);
    this.someRecover = standings.dossiers.some(({ standing }) => standing === 'recovering');
    return changes;
  }
}
