import type { ProcessStanding } from '../../runtime/observer.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import type { Misdeed, Moment } from './misdeeds.ts';

/** Liars of one behaviour, over all schedules; each counts once in a schedule. */
export interface Recall {
  /** Two correct replicas received the parts of a proof between them. */
  readonly spread: number;
  /** Of these, liars that a correct replica accused. */
  readonly spreadCaught: number;
  /** Two correct replicas held a whole proof, each by itself. */
  readonly whole: number;
  readonly wholeCaught: number;
  /** Of those caught: from when the parts had reached two correct replicas to the accusation. */
  readonly latency: {
    readonly medianMs: number;
    readonly maxMs: number;
    /** Messages that reached correct replicas meanwhile. */
    readonly medianMessages: number;
    readonly maxMessages: number;
  };
}

/** As it is counted: what becomes a {@link Recall}. */
interface Counted {
  spread: number;
  spreadCaught: number;
  whole: number;
  wholeCaught: number;
  readonly waitedMs: number[];
  readonly waitedMessages: number[];
}

/** A liar whose whole proof two correct replicas held, each by itself, and whom none accused. */
export interface MissedLiar {
  /** What it got away with; expects it accused, so running it fails until it is. */
  readonly scenario: Scenario;
  readonly replica: number;
  readonly type: Misdeed['type'];
  /** Counted from 1. */
  readonly schedule: number;
}

/** Further ones are counted only. */
const maxMissed = 10;

/** How often correct replicas suspected a correct one, by what ailed the network. */
export interface Suspicion {
  readonly schedules: number;
  /** In which some correct replica came to suspect a correct one. */
  readonly suspecting: number;
  readonly suspicions: number;
  /** Virtual seconds of all pairs of correct replicas. */
  readonly pairSeconds: number;
}

/** What the schedules of an exploration showed of detection. */
export interface Census {
  readonly schedules: number;
  /** By behaviour; several of one replica joined with `+`. */
  readonly recall: Readonly<Record<string, Recall>>;
  readonly suspicion: Readonly<Record<string, Suspicion>>;
  /** Correct replicas accused or isolated: a checker stops at each. */
  readonly wronglyAccused: number;
}

/** One schedule as the census counts it. */
export interface Enumerated {
  readonly scenario: Scenario;
  readonly misdeeds: readonly Misdeed[];
  /** Whom correct replicas accused, and when first. */
  readonly accused: ReadonlyMap<number, Moment | null>;
  /** Changes of opinion of correct replicas about correct ones. */
  readonly suspicions: number;
  readonly virtualMs: number;
}

export class CensusTaker {
  private schedules = 0;
  private wronglyAccused = 0;
  readonly missed: MissedLiar[] = [];
  private readonly recall = new Map<string, Counted>();
  private readonly suspicion = new Map<
    string,
    { -readonly [K in keyof Suspicion]: Suspicion[K] }
  >();

  /** `accusation`: the checker of that name stopped the schedule. */
  count(one: Enumerated, accusation: boolean): void {
    this.schedules++;
    if (accusation) this.wronglyAccused++;
    for (const liar of new Set(one.misdeeds.map(({ replica }) => replica))) {
      this.countLiar(one, liar);
    }
    this.countSuspicion(one);
    this.noteMissed(one);
  }

  get census(): Census {
    return {
      schedules: this.schedules,
      recall: Object.fromEntries(
        [...this.recall]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, counted]) => [name, recallOf(counted)]),
      ),
      suspicion: Object.fromEntries(this.suspicion),
      wronglyAccused: this.wronglyAccused,
    };
  }

  private countLiar({ scenario, accused, misdeeds }: Enumerated, replica: number): void {
    const names = scenario.adversaries
      .filter(({ replicas }) => replicas.includes(replica))
      .map(({ behaviour }) => behaviour);
    const name = [...new Set(names)].sort().join('+');
    const row = this.recall.get(name) ?? nobody();
    this.recall.set(name, row);
    const caught = accused.has(replica) ? 1 : 0;
    const accusedAt = accused.get(replica) ?? null;
    if (accusedAt !== null) {
      const since = misdeeds.filter((misdeed) => misdeed.replica === replica);
      // One replica may have had a whole proof, and used it, before another had any part.
      const waited = (of: (moment: Moment) => number) =>
        Math.max(0, of(accusedAt) - Math.min(...since.map((misdeed) => of(misdeed.since))));
      row.waitedMs.push(waited(({ atUs }) => atUs / 1000));
      row.waitedMessages.push(waited(({ messages }) => messages));
    }
    row.spread++;
    row.spreadCaught += caught;
    if (!misdeeds.some((misdeed) => misdeed.replica === replica && misdeed.whole)) return;
    row.whole++;
    row.wholeCaught += caught;
  }

  private noteMissed({ scenario, accused, misdeeds }: Enumerated): void {
    for (const { replica, type, whole } of misdeeds) {
      if (!whole || accused.has(replica) || this.missed.length >= maxMissed) continue;
      const expected = [...new Set([...accused.keys(), replica])].sort((a, b) => a - b);
      const expect = { ...scenario.expect, accused: expected };
      const { schedules: schedule } = this;
      this.missed.push({ scenario: { ...scenario, expect }, replica, type, schedule });
    }
  }

  private countSuspicion({ scenario, suspicions, virtualMs }: Enumerated): void {
    const name = weatherOf(scenario);
    const row = this.suspicion.get(name) ?? {
      schedules: 0,
      suspecting: 0,
      suspicions: 0,
      pairSeconds: 0,
    };
    this.suspicion.set(name, row);
    const liars = new Set(scenario.adversaries.flatMap(({ replicas }) => replicas)).size;
    const correct = scenario.replicas.voting - liars;
    row.schedules++;
    row.suspecting += suspicions > 0 ? 1 : 0;
    row.suspicions += suspicions;
    row.pairSeconds += (correct * (correct - 1) * virtualMs) / 1000;
  }
}

function nobody(): Counted {
  return { spread: 0, spreadCaught: 0, whole: 0, wholeCaught: 0, waitedMs: [], waitedMessages: [] };
}

function recallOf({ waitedMs, waitedMessages, ...counts }: Counted): Recall {
  return {
    ...counts,
    latency: {
      medianMs: middle(waitedMs),
      maxMs: Math.max(0, ...waitedMs),
      medianMessages: middle(waitedMessages),
      maxMessages: Math.max(0, ...waitedMessages),
    },
  };
}

/** The lower median; 0 of nothing. */
function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

/** What made messages late or lost, the worst first. */
function weatherOf({ network, timeline }: Scenario): string {
  if (timeline.some(({ type }) => type === 'crash' || type === 'failWrites')) return 'crashes';
  if (timeline.some(({ type }) => type === 'partition' || type === 'link')) return 'cuts';
  if (network.loss > 0) return 'loss';
  if (network.latency.maxMs >= 50 || network.reorder > 0) return 'delay';
  return 'calm';
}

/** True for a change by which a process comes to be suspected. */
export function isSuspicion({ to }: ProcessStanding): boolean {
  return to === 'suspected';
}
