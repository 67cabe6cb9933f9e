import { checkOperation } from '../ledger/static-check.ts';
import type { StaticEnvironment } from '../proofs/proof-set.ts';
import { type Meter, noMeter, within } from './meter.ts';
import type { StaticChecks } from './static-checks.ts';

/** Operations that wait; beyond it they are checked at execution. */
const maxWaiting = 8192;
const maxWaitingBytes = 32 * 1024 * 1024;
/** Checked in one go: about a millisecond, and then it is the links' turn. */
const operationsPerTurn = 4;

interface Job {
  readonly operation: Uint8Array;
  readonly done: Parameters<StaticChecks['check']>[1];
  readonly isKnown: () => boolean;
}

export interface OwnThreadChecksOptions {
  readonly environment: StaticEnvironment;
  /** Told where this thread's time goes. */
  readonly meter?: Meter;
}

/**
 * {@link StaticChecks} on the thread that runs consensus, a few at a time between what the links
 * bring. For machines with fewer cores than replicas: there a thread more takes nothing off
 * consensus, and costs copies, a second decoding, wake-ups, and a second heap whose code has to be
 * compiled too.
 */
export class OwnThreadChecks implements StaticChecks {
  private readonly options: OwnThreadChecksOptions;
  private queue: Job[] = [];
  /** Of the queue, so many are checked. */
  private head = 0;
  private waitingBytes = 0;
  private scheduled = false;
  private stopped = false;

  constructor(options: OwnThreadChecksOptions) {
    this.options = options;
  }

  check(operation: Uint8Array, done: Job['done'], isKnown: Job['isKnown']): boolean {
    const waiting = this.queue.length - this.head;
    const tooManyBytes = this.waitingBytes + operation.length > maxWaitingBytes;
    if (this.stopped || waiting >= maxWaiting || tooManyBytes) return false;
    this.waitingBytes += operation.length;
    this.queue.push({ operation, done, isKnown });
    this.schedule();
    return true;
  }

  /** Nothing is checked any more, nor answered. */
  stop(): void {
    this.stopped = true;
    this.queue = [];
    this.head = 0;
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => this.turn());
  }

  private turn(): void {
    this.scheduled = false;
    const { environment, meter = noMeter } = this.options;
    for (let checked = 0; checked < operationsPerTurn; ) {
      const next = this.queue[this.head];
      if (next === undefined) break;
      const { operation, done, isKnown } = next;
      this.head++;
      this.waitingBytes -= operation.length;
      // Where a batch is decided sooner than its proofs are checked, execution checked them.
      if (isKnown()) {
        done(null);
        continue;
      }
      checked++;
      done(within(meter, 'proofs', () => checkOperation(operation, environment)));
    }
    if (this.head < this.queue.length) return this.schedule();
    this.queue = [];
    this.head = 0;
  }
}
