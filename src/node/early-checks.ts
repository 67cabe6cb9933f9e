import type { Digest } from '../base/digest.ts';
import { carriesProofs } from '../ledger/operation.ts';
import type { StaticCheckCache, StaticVerdict } from '../ledger/static-check.ts';
import { requestDigest } from '../pbft/envelope.ts';
import type { Operation } from '../pbft/messages.ts';
import type { Input } from '../pbft/replica.ts';
import type { StaticChecks } from '../runtime/static-checks.ts';

/**
 * Has operations checked when they arrive, so that execution finds the verdict in the cache. What
 * was refused or has not come back by then, execution checks itself: slower, never different.
 */
export class EarlyChecks {
  private readonly checks: StaticChecks;
  private readonly cache: StaticCheckCache;
  /** Under check; bounded by what the checks take. */
  private readonly under = new Set<Digest>();

  /** Null where nothing is checked before it is executed. */
  static by(checks: StaticChecks | undefined, cache: StaticCheckCache): EarlyChecks | null {
    return checks === undefined ? null : new EarlyChecks(checks, cache);
  }

  private constructor(checks: StaticChecks, cache: StaticCheckCache) {
    this.checks = checks;
    this.cache = cache;
  }

  /** To be told of every input of the replica, before it steps. */
  foresee(input: Input): void {
    for (const operation of operationsOf(input)) this.check(operation);
  }

  private check(operation: Operation): void {
    if (!carriesProofs(operation) || this.cache.has(operation)) return;
    const id = requestDigest(operation);
    if (this.under.has(id)) return;
    const done = (verdict: StaticVerdict | null) => {
      this.under.delete(id);
      if (verdict !== null) this.cache.keep(operation, verdict);
    };
    const taken = this.checks.check(operation, done, () => this.cache.has(operation));
    if (taken) this.under.add(id);
  }
}

function operationsOf(input: Input): readonly Operation[] {
  if (input.type === 'request') return [input.operation];
  if (input.type !== 'receive') return [];
  const { message } = input;
  switch (message.type) {
    case 'request':
      return [message.operation];
    case 'prePrepare':
    case 'decided':
    case 'batch':
      return message.batch;
    default:
      return [];
  }
}
