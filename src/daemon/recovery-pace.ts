import { randomBytes } from 'node:crypto';
import { nopOperation } from '../ledger/operation.ts';
import type { NodeStatus } from '../node/status.ts';
import type { Timers } from '../runtime/ports.ts';
import type { Validator } from '../runtime/validator.ts';
import { recoveryPaceMs } from './limits.ts';

export interface RecoveryPaceOptions {
  readonly validator: Validator;
  readonly timers: Timers;
  readonly status: () => Pick<NodeStatus, 'recovering' | 'sequence' | 'logWindow'>;
}

const saltBytes = 16;

/**
 * A replica that lost its disk may not vote before the log has moved a window past where it stood:
 * that takes requests, not time, and a quiet cluster has none. Until then the cluster is short of a
 * vote, and a second loss would be one too many. So the replica asks, as any client may, for
 * operations that change nothing, one after the other, until the log has moved far enough.
 */
export class RecoveryPace {
  private readonly options: RecoveryPaceOptions;
  /** The sequence up to which it asks; null while it has not begun. */
  private untilSequence: number | null = null;
  private cancel: () => void = () => undefined;
  private stopped = false;

  constructor(options: RecoveryPaceOptions) {
    this.options = options;
  }

  start(): void {
    this.lookLater();
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  private lookLater(): void {
    if (this.stopped) return;
    this.cancel = this.options.timers.after(recoveryPaceMs, () => this.look());
  }

  private look(): void {
    const { recovering, sequence, logWindow } = this.options.status();
    if (!recovering) this.untilSequence = null;
    // A window past its last possible signature, and on to the checkpoint that says so. What is
    // missing then is a change of view, which comes when it is needed.
    else this.untilSequence ??= sequence + 2 * logWindow;
    if (sequence >= (this.untilSequence ?? 0)) return this.lookLater();
    const salt = new Uint8Array(randomBytes(saltBytes));
    this.options.validator.submit(nopOperation(salt), () => this.lookLater());
  }
}
