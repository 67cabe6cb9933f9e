import type { Effect, Input, Parameters } from '../../pbft/replica.ts';
import type { ExecutedBatch } from '../../runtime/observer.ts';
import { processOf, type Seat } from '../../runtime/seat.ts';
import type { Violation } from '../../scenario/result.ts';
import type { Circumstances } from '../circumstances.ts';
import { AccusationChecker } from './accusation.ts';
import { AgreementChecker } from './agreement.ts';
import { CatchUpChecker } from './catch-up.ts';
import { CertificateSoundnessChecker } from './certificate-soundness.ts';
import type { Acknowledged, Cast, Checker, FinalState, Finding, Issued } from './checker.ts';
import { DurabilityChecker } from './durability.ts';
import { FlatMemoryChecker } from './flat-memory.ts';
import { NeedlessViewChangeChecker } from './needless-view-change.ts';
import { ProgressChecker } from './progress.ts';
import { TotalOrderChecker } from './total-order.ts';

type HookName = Exclude<keyof Checker, 'name'>;
type Having<K extends HookName> = Checker & Required<Pick<Checker, K>>;

export interface Liveness {
  /** The longest that clients may take to hear a quorum that has answered. */
  readonly clientPatienceMs: number;
}

/**
 * Every rule a run is judged by. `keptMs`: how long the ledger has to remember a decision.
 * Liveness is promised (not null) with at most f faulty only.
 */
export function allCheckers(
  cast: Cast,
  parameters: Parameters,
  keptMs: number,
  liveness: Liveness | null,
): Checker[] {
  const checkers: Checker[] = [
    new AgreementChecker(),
    new TotalOrderChecker(keptMs),
    new CertificateSoundnessChecker(cast),
    new DurabilityChecker(cast),
    new AccusationChecker(cast),
    new FlatMemoryChecker(cast, parameters),
  ];
  if (liveness !== null) {
    const { requestTimeoutMs } = parameters;
    checkers.push(new ProgressChecker(cast, requestTimeoutMs, liveness.clientPatienceMs));
    checkers.push(new NeedlessViewChangeChecker(cast, requestTimeoutMs));
    checkers.push(new CatchUpChecker());
  }
  return checkers;
}

/** Shows each event to every checker that asked for its kind and keeps the first finding. */
export class Panel {
  /** The first finding, or null while all is well. */
  violation: Violation | null = null;
  private readonly cast: Cast;
  /** By process. */
  private readonly seats = new Map<number, Seat>();
  private readonly onView: readonly Having<'onView'>[];
  private readonly onDecided: readonly Having<'onDecided'>[];
  private readonly onExecuted: readonly Having<'onExecuted'>[];
  private readonly onInstalled: readonly Having<'onInstalled'>[];
  private readonly onAccused: readonly Having<'onAccused'>[];
  private readonly onSeat: readonly Having<'onSeat'>[];
  private readonly onIsolated: readonly Having<'onIsolated'>[];
  private readonly onAcknowledged: readonly Having<'onAcknowledged'>[];
  private readonly onIssued: readonly Having<'onIssued'>[];
  private readonly onHoldings: readonly Having<'onHoldings'>[];
  private readonly onTime: readonly Having<'onTime'>[];
  private readonly checkers: readonly Checker[];

  constructor(cast: Cast, checkers: readonly Checker[]) {
    this.cast = cast;
    this.checkers = checkers;
    this.onView = having(checkers, 'onView');
    this.onDecided = having(checkers, 'onDecided');
    this.onExecuted = having(checkers, 'onExecuted');
    this.onInstalled = having(checkers, 'onInstalled');
    this.onAccused = having(checkers, 'onAccused');
    this.onSeat = having(checkers, 'onSeat');
    this.onIsolated = having(checkers, 'onIsolated');
    this.onAcknowledged = having(checkers, 'onAcknowledged');
    this.onIssued = having(checkers, 'onIssued');
    this.onHoldings = having(checkers, 'onHoldings');
    this.onTime = having(checkers, 'onTime');
  }

  /** After each step of any replica; what adversaries do is no finding. */
  step(replica: number, input: Input, effects: readonly Effect[], atUs: number): void {
    if (this.cast.adversaries.has(replica)) return;
    if (input.type === 'installed' && input.ok) {
      for (const c of this.onInstalled) this.take(c, c.onInstalled(replica, input.sequence), atUs);
    }
    for (const effect of effects) {
      switch (effect.type) {
        case 'execute': {
          const { certificate, batch } = effect;
          for (const c of this.onDecided) {
            this.take(c, c.onDecided(replica, certificate, batch), atUs);
          }
          break;
        }
        case 'accuse': {
          const accused = processOf(this.seats.get(replica) ?? null, effect.evidence.accused);
          const evidence = { ...effect.evidence, accused };
          for (const c of this.onAccused) this.take(c, c.onAccused(replica, evidence), atUs);
          break;
        }
        case 'enterView':
          for (const c of this.onView) {
            this.take(c, c.onView(replica, effect.view, effect.active, atUs), atUs);
          }
          break;
        default:
      }
    }
  }

  /** `replica` begins with a membership epoch. */
  seat(replica: number, seat: Seat, atUs: number): void {
    this.seats.set(replica, seat);
    if (this.cast.adversaries.has(replica)) return;
    for (const c of this.onSeat) this.take(c, c.onSeat(replica, seat), atUs);
  }

  isolated(replica: number, processes: readonly number[], atUs: number): void {
    if (this.cast.adversaries.has(replica)) return;
    for (const c of this.onIsolated) this.take(c, c.onIsolated(replica, processes), atUs);
  }

  executed(replica: number, batch: ExecutedBatch, atUs: number): void {
    if (this.cast.adversaries.has(replica)) return;
    for (const c of this.onExecuted) this.take(c, c.onExecuted(replica, batch), atUs);
  }

  acknowledged(acknowledged: Acknowledged, atUs: number): void {
    for (const c of this.onAcknowledged) this.take(c, c.onAcknowledged(acknowledged), atUs);
  }

  issued(issued: Issued, atUs: number): void {
    for (const c of this.onIssued) this.take(c, c.onIssued(issued), atUs);
  }

  holdings(replica: number, holdings: Readonly<Record<string, number>>, atUs: number): void {
    if (this.cast.adversaries.has(replica)) return;
    for (const c of this.onHoldings) this.take(c, c.onHoldings(replica, holdings), atUs);
  }

  restarted(replica: number): void {
    for (const checker of this.checkers) checker.onRestart?.(replica);
  }

  outstanding(outstanding: number, atUs: number): void {
    for (const checker of this.checkers) checker.onOutstanding?.(outstanding, atUs);
  }

  circumstances(circumstances: Circumstances, atUs: number): void {
    for (const checker of this.checkers) checker.onCircumstances?.(circumstances, atUs);
  }

  time(atUs: number): void {
    for (const c of this.onTime) this.take(c, c.onTime(atUs), atUs);
  }

  end(states: readonly FinalState[], expected: number | null, atUs: number): void {
    for (const c of this.checkers) this.take(c, c.onEnd?.(states, expected) ?? null, atUs);
  }

  /** What somebody outside the cluster found. */
  found(checker: string, finding: Finding, atUs: number): void {
    this.violation ??= { checker, atMs: atUs / 1000, ...finding };
  }

  private take(checker: Checker, finding: Finding | null, atUs: number): void {
    if (finding !== null) this.found(checker.name, finding, atUs);
  }
}

function having<K extends HookName>(checkers: readonly Checker[], hook: K): readonly Having<K>[] {
  return checkers.filter((checker): checker is Having<K> => checker[hook] !== undefined);
}
