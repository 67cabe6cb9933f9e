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
/** Shared, because every frame asks whether its sender is in it, and nearly always nobody is. */
const nobody: readonly ReplicaIndex[] = [];
/** Numbers to a replica: when it was last heard, and its messages since the last count. */
const stride = 2;
/** Messages noted before they are entered. */
const latelyNoted = 32;

/**
 * One replica's eyes on the others: turns what it hears, and what it no longer hears, into strikes,
 * and tells how standing changes. Local opinion; nothing here is evidence. Indices outside the
 * validator set (standbys, clients) are no one's concern.
 */
export class Watch {
  /**
   * Who was heard lately and when, by turns. Every frame is noted here first, and entered in
   * `heardOf` many at once: where a process has many nodes, each piece of memory that a frame comes
   * to is a cold one, and this is the same for all senders.
   */
  private readonly lately = new Array<number>(latelyNoted * stride).fill(Number.NaN);
  private noted = 0;
  private restrained: readonly ReplicaIndex[] = nobody;
  /** Somebody was taken back and has yet to be seen to vote. */
  someRecover = false;
  private nextLookMs: Instant;
  /** By replica, `stride` numbers each. */
  private readonly heardOf: Float64Array;
  private readonly options: WatchOptions;
  private countedMs: Instant;
  private isolated: readonly ReplicaIndex[] = [];
  /** Messages in one window that are no flood, by the last window's measure. */
  private allowance: number = limits.floodPerSecond;
  standings: Standings;

  constructor(options: WatchOptions, nowMs: Instant) {
    this.options = options;
    this.heardOf = new Float64Array(options.n * stride);
    for (let replica = 0; replica < options.n; replica++) this.heardOf[replica * stride] = nowMs;
    this.nextLookMs = nowMs + options.statusIntervalMs;
    this.countedMs = nowMs;
    this.standings = initialStandings(options.n, options.epoch, nowMs);
  }

  /** A message came over this replica's link. */
  heard(from: ReplicaIndex, nowMs: Instant): void {
    const { lately, noted } = this;
    lately[noted] = from;
    lately[noted + 1] = nowMs;
    this.noted = noted + stride;
    if (this.noted === lately.length) this.enter();
  }

  /** What was noted, to whom it was heard of: before anybody asks. */
  private enter(): void {
    const { heardOf, lately, noted } = this;
    for (let i = 0; i < noted; i += stride) {
      const at = (lately[i] as number) * stride;
      if (at >= heardOf.length) continue;
      heardOf[at] = lately[i + 1] as number;
      heardOf[at + 1] = (heardOf[at + 1] as number) + 1;
    }
    this.noted = 0;
  }

  /**
   * False for a message past what is no flood, from a peer whose link is throttled. A suspected
   * peer that sends no more than the others is heard like them: suspicion may be wrong.
   */
  admits(from: ReplicaIndex): boolean {
    if (this.restrained === nobody || !this.restrained.includes(from)) return true;
    this.enter();
    const messages = this.messagesOf(from);
    if (messages <= this.allowance) return true;
    // A burst of everybody's began after the last window: nobody floods who sends no more than all.
    this.allowance = Math.max(this.allowance, limits.floodFactor * this.median());
    return messages <= this.allowance;
  }

  strike(replica: ReplicaIndex, offence: Offence, nowMs: Instant): readonly StandingChange[] {
    if (replica === this.options.index || !this.isMember(replica)) return [];
    return this.take({ type: 'strike', replica, offence }, nowMs);
  }

  /** The committed state isolates exactly these from now on. */
  setIsolated(replicas: readonly ReplicaIndex[], nowMs: Instant): readonly StandingChange[] {
    const changes: StandingChange[] = [];
    for (const replica of replicas) {
      if (!this.isMember(replica) || this.isolated.includes(replica)) continue;
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
    return nowMs >= this.nextLookMs;
  }

  /** Time passed: who is silent, who floods, who is forgiven. Cheap when called too often. */
  look(nowMs: Instant): readonly StandingChange[] {
    if (!this.mayLook(nowMs)) return nothing;
    const { n, statusIntervalMs } = this.options;
    this.nextLookMs = nowMs + statusIntervalMs;
    this.enter();
    const changes = [...this.take({ type: 'tick' }, nowMs)];
    for (let replica = 0; replica < n; replica++) {
      const lastMs = this.heardOf[replica * stride] as number;
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
    for (let replica = 0; replica < this.options.n; replica++) {
      if (this.messagesOf(replica) > most) changes.push(...this.strike(replica, 'flood', nowMs));
      this.heardOf[replica * stride + 1] = 0;
    }
    this.countedMs = nowMs;
    return changes;
  }

  /** What half of the others sent no more than, since the last count. */
  private median(): number {
    const { n, index } = this.options;
    const others = Float64Array.from({ length: n }, (_, replica) => this.messagesOf(replica));
    const counts = others.filter((_, replica) => replica !== index).sort();
    return counts[Math.floor((counts.length - 1) / 2)] ?? 0;
  }

  private messagesOf(replica: ReplicaIndex): number {
    return this.heardOf[replica * stride + 1] ?? 0;
  }

  private isMember(replica: ReplicaIndex): boolean {
    return this.heardOf[replica * stride] !== undefined;
  }

  private take(input: StandingInput, nowMs: Instant): readonly StandingChange[] {
    const { standings, changes } = judge(this.standings, input, nowMs);
    this.standings = standings;
    if (changes.length === 0) return changes;
    const restrained = throttled(standings);
    this.restrained = restrained.length === 0 ? nobody : restrained;
    this.someRecover = standings.dossiers.some(({ standing }) => standing === 'recovering');
    return changes;
  }
}
