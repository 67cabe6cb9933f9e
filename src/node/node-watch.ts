import type { EvidenceType } from '../pbft/evidence.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import type { Effect, Input } from '../pbft/replica.ts';
import type { ExecutedBatch, Observer } from '../runtime/observer.ts';
import type { Clock } from '../runtime/ports.ts';
import { processOf, type Seat } from '../runtime/seat.ts';

/** A peer is out of reach when nothing came from it for so many status intervals. */
const silentIntervals = 10;

export interface NodeWatchOptions {
  /** One that is never set back. */
  readonly clock: Clock;
  readonly statusIntervalMs: number;
}

/** What a node did and met since it began, in numbers that only grow. */
export interface NodeCounts {
  /** Evidence this node found itself, by kind. */
  readonly evidence: Readonly<Partial<Record<EvidenceType, number>>>;
  /** Bytes no correct replica sends, but that prove nothing. */
  readonly strikes: number;
  readonly refusedFrames: number;
  readonly viewChanges: number;
  readonly executedBatches: number;
  readonly executedOperations: number;
  readonly journalErrors: number;
}

/**
 * Watches a node for whoever asks how it is: counts what it does, and notes whom it hears. Reads
 * only; give it to the node as an observer.
 */
export class NodeWatch implements Observer {
  private readonly options: NodeWatchOptions;
  private readonly startedMs: number;
  /** When each process was last heard. */
  private readonly heardMs = new Map<number, number>();
  private readonly evidence: Partial<Record<EvidenceType, number>> = {};
  private readonly accusedHere = new Set<number>();
  private counted = {
    strikes: 0,
    refusedFrames: 0,
    viewChanges: 0,
    executedBatches: 0,
    executedOperations: 0,
    journalErrors: 0,
  };
  private seat: Seat | null = null;
  private journalError: Error | null = null;
  private convictedProcesses: readonly number[] = [];
  private promotedLast = false;

  constructor(options: NodeWatchOptions) {
    this.options = options;
    this.startedMs = options.clock.nowMs();
  }

  get counts(): NodeCounts {
    return { ...this.counted, evidence: { ...this.evidence } };
  }

  /** Processes that lost their place, or have it only in name. Ascending. */
  get convicted(): readonly number[] {
    return this.convictedProcesses;
  }

  /** Processes of this epoch that this node itself holds evidence against. */
  get accused(): readonly number[] {
    return [...this.accusedHere].sort((a, b) => a - b);
  }

  /** The last thing the cluster did about a convicted replica; null: there was none. */
  get recovery(): 'isolated' | 'standby_promoted' | null {
    if (this.convictedProcesses.length === 0) return null;
    return this.promotedLast ? 'standby_promoted' : 'isolated';
  }

  /** What the disk said when the journal failed; null while it has not. */
  get failure(): string | null {
    return this.journalError?.message ?? null;
  }

  /** Something came from `process` lately. */
  hears(process: number): boolean {
    const sinceMs = this.options.clock.nowMs() - silentIntervals * this.options.statusIntervalMs;
    const heardMs = this.heardMs.get(process);
    return heardMs !== undefined && heardMs >= sinceMs;
  }

  get uptimeMs(): number {
    return this.options.clock.nowMs() - this.startedMs;
  }

  onSeat(seat: Seat): void {
    const before = this.seat;
    // Whoever is replaced was convicted: with the epoch the promotion is in force.
    if (before !== null && seat.epoch > before.epoch) this.promotedLast = true;
    this.seat = seat;
    this.accusedHere.clear();
  }

  onHeard(from: ReplicaIndex): void {
    this.heardMs.set(processOf(this.seat, from), this.options.clock.nowMs());
  }

  onStep(_input: Input, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'accuse') this.accuse(effect);
      if (effect.type === 'strike') this.counted.strikes += 1;
      if (effect.type === 'enterView' && !effect.active) this.counted.viewChanges += 1;
    }
  }

  onExecuted({ operations }: ExecutedBatch): void {
    this.counted.executedBatches += 1;
    this.counted.executedOperations += operations.length;
  }

  onIsolated(processes: readonly number[]): void {
    if (processes.length > this.convictedProcesses.length) this.promotedLast = false;
    this.convictedProcesses = processes;
  }

  onRefused(): void {
    this.counted.refusedFrames += 1;
  }

  onJournalError(error: Error): void {
    this.counted.journalErrors += 1;
    this.journalError ??= error;
  }

  private accuse({ evidence }: Extract<Effect, { type: 'accuse' }>): void {
    this.evidence[evidence.type] = (this.evidence[evidence.type] ?? 0) + 1;
    this.accusedHere.add(processOf(this.seat, evidence.accused));
  }
}
