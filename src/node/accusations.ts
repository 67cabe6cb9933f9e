import type { Standing } from '../ledger/account.ts';
import { decodeOperation, isIsolation, isolateOperation } from '../ledger/operation.ts';
import { type Evidence, newestSequence } from '../pbft/evidence.ts';
import { decodeEvidence, encodeEvidence } from '../pbft/evidence-codec.ts';
import { limits } from '../pbft/limits.ts';
import type { Operation, ReplicaIndex, Statement } from '../pbft/messages.ts';
import type { Input } from '../pbft/replica.ts';
import type { ReplicaState } from '../pbft/state.ts';
import type { Seat } from '../runtime/seat.ts';
import { type Courts, convicts } from './evidence-court.ts';
import type { NodeOptions } from './options.ts';
import { mayBeOfOtherEpoch } from './other-epoch.ts';

/**
 * What a request to isolate somebody is worth here and now. `none`: it is no such request; `moot`:
 * the accused is isolated already, or has been taken back since; `unknown`: it may prove something
 * in another epoch.
 */
export type Accusation = 'none' | 'proof' | 'moot' | 'unknown' | 'slander';

/**
 * Correct replicas order it. Anything else must not wait here to be ordered: it would wait in vain,
 * and this replica would leave one view after the other over it.
 */
export function isOrdered(accusation: Accusation): boolean {
  return accusation === 'none' || accusation === 'proof';
}

/** What the committed state says of members. */
interface JudgedState {
  readonly isolated: readonly ReplicaIndex[];
  readonly courts: Courts;
  standing(replica: ReplicaIndex): Standing | null;
}

interface Here {
  readonly seat: Seat;
  /** Of the replica of the present epoch. */
  readonly state: ReplicaState | null;
}

/** Judges requests to isolate somebody before they are ordered, whoever brings them. */
export class Accusations {
  private readonly committed: JudgedState;
  private readonly genesis: NodeOptions['genesis'];
  private readonly here: () => Here;

  constructor(committed: JudgedState, genesis: NodeOptions['genesis'], here: () => Here) {
    this.committed = committed;
    this.genesis = genesis;
    this.here = here;
  }

  judge(operation: Operation): Accusation {
    if (!isIsolation(operation)) return 'none';
    const decoded = decodeOperation(operation);
    if (!decoded.ok || decoded.value.type !== 'isolate') return 'slander';
    const evidence = decodeEvidence(decoded.value.evidence);
    return evidence.ok ? this.judgeEvidence(evidence.value) : 'slander';
  }

  /** The request that has this evidence ordered; null where nothing would come of it. */
  requestOf(evidence: Evidence): Operation | null {
    const operation = isolateOperation(encodeEvidence(evidence));
    if (operation.length > limits.operationBytes) return null;
    return isOrdered(this.judgeEvidence(evidence)) ? operation : null;
  }

  /** After an isolation: what waits and was worth ordering when it came, and is so no longer. */
  withdrawals(): Input[] {
    return this.withdraw((operation) => !isOrdered(this.judge(operation)));
  }

  /**
   * After a state was taken over, what clients brought before: it may have run in what was skipped,
   * and having it ordered again would keep the cluster busy and this replica behind. Whoever still
   * waits for an answer asks again. Accusations stay: nobody else need have them.
   */
  skipped(): Input[] {
    return this.withdraw((operation) => !isIsolation(operation));
  }

  private withdraw(isOver: (operation: Operation) => boolean): Input[] {
    const pending = [...(this.here().state?.pending.values() ?? [])];
    const operations = pending.filter(isOver);
    return operations.length === 0 ? [] : [{ type: 'withdraw', operations }];
  }

  /** Nothing proves that it is a lie: it may have been said in another epoch, if there are any. */
  mayBeForeign(said: Statement): boolean {
    const { seat, state } = this.here();
    if (this.genesis.succession === undefined || state === null) return false;
    return mayBeOfOtherEpoch(said, seat, state);
  }

  private judgeEvidence(evidence: Evidence): Accusation {
    const { committed } = this;
    if (committed.isolated.includes(evidence.accused)) return 'moot';
    if (isPaid(evidence, committed.standing(evidence.accused))) return 'moot';
    if (convicts(evidence, committed.courts)) return 'proof';
    const mayBeForeign = (said: Statement) => this.mayBeForeign(said);
    return statementsOf(evidence).every(mayBeForeign) ? 'unknown' : 'slander';
  }
}

/** Of before the accused was taken back: the ledger would refuse it. */
function isPaid(evidence: Evidence, standing: Standing | null): boolean {
  return standing?.status === 'readmitted' && newestSequence(evidence) <= standing.sequence;
}

function statementsOf(evidence: Evidence): readonly Statement[] {
  if ('first' in evidence) return [evidence.first.statement, evidence.second.statement];
  return [evidence.vote.statement];
}
