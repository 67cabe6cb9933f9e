import { equalBytes, utf8 } from '../../base/bytes.ts';
import { type Digest, digest } from '../../base/digest.ts';
import { decisionsIn, decodeResult } from '../../ledger/result.ts';
import { requestDigest } from '../../pbft/envelope.ts';
import type { CommitCertificate, Operation, ReplicaIndex } from '../../pbft/messages.ts';
import type { ExecutedBatch } from '../../runtime/observer.ts';
import { BySequence, type Checker, type Finding } from './checker.ts';

/** Operations whose first answer is remembered; older ones are forgotten first. */
const rememberedOperations = 65_536;

/**
 * The ledger keeps the answer of what its holder signed. What anybody can send (questions,
 * forgeries, bytes that are no operation) leaves no trace in the state and is judged anew each
 * time.
 */
function hasOneAnswer(result: Uint8Array): boolean {
  const decoded = decodeResult(result);
  if (!decoded.ok) return true;
  const decisions = decisionsIn(decoded.value);
  if (decisions.length === 0) return decoded.value.type === 'registered';
  return !decisions.some(({ failures }) => failures.some(({ proof }) => proof === 'signature'));
}

/** The ledger has forgotten what it said, and says no: whatever the reasons are by now. */
function isRefused(result: Uint8Array): boolean {
  const decoded = decodeResult(result);
  const decisions = decoded.ok ? decisionsIn(decoded.value) : [];
  return decisions.length > 0 && decisions.every(({ failures }) => failures.length > 0);
}

/** What stands for a batch when it is long forgotten: its operations in order, and how many. */
interface DecidedBatch {
  readonly name: Digest;
  readonly operations: number;
}

/** A batch by its operations' digests. Of the checker's own making, not the protocol's digest. */
function nameOf(operations: readonly Digest[]): Digest {
  const [only] = operations;
  if (operations.length === 1 && only !== undefined) return only;
  return digest('hypermesh/checker/batch', utf8(operations.join()));
}

interface FirstAnswer {
  readonly sequence: number;
  /** Agreed time of its batch, milliseconds since 1970. */
  readonly timestamp: number;
  readonly result: Uint8Array;
}

/**
 * Every correct replica executes every sequence in order, without gap or repeat, exactly the
 * operations that were decided there; and an operation that is ordered twice gets its first answer
 * again, byte for byte, as long as decisions are kept, and is refused ever after.
 */
export class TotalOrderChecker implements Checker {
  readonly name = 'totalOrder';
  /** The last sequence each incarnation executed; absent: it starts from what its disk holds. */
  private readonly last = new Map<ReplicaIndex, number>();
  private readonly decided = new BySequence<DecidedBatch>();
  private readonly answers = new Map<Digest, FirstAnswer>();
  private readonly keptMs: number;

  /** `keptMs`: for how long after it, by agreed time, the ledger has to remember a decision. */
  constructor(keptMs: number) {
    this.keptMs = keptMs;
  }

  onRestart(replica: ReplicaIndex): void {
    this.last.delete(replica);
  }

  onInstalled(replica: ReplicaIndex, sequence: number): Finding | null {
    const last = this.last.get(replica);
    this.last.set(replica, sequence);
    if (last === undefined || sequence >= last) return null;
    return { sequence, replicas: [replica], detail: `went back from ${last} to ${sequence}` };
  }

  onDecided(
    _replica: ReplicaIndex,
    certificate: CommitCertificate,
    batch: readonly Operation[],
  ): Finding | null {
    const { sequence } = certificate.header.statement;
    if (this.decided.get(sequence) === undefined) {
      const name = nameOf(batch.map(requestDigest));
      this.decided.set(sequence, { name, operations: batch.length });
    }
    return null;
  }

  onExecuted(replica: ReplicaIndex, executed: ExecutedBatch): Finding | null {
    const { sequence } = executed;
    const last = this.last.get(replica);
    this.last.set(replica, sequence);
    const finding = (detail: string) => ({ sequence, replicas: [replica], detail });
    if (last !== undefined && sequence !== last + 1) {
      return finding(`executed ${sequence} after ${last}`);
    }
    const batch = this.decided.get(sequence);
    if (batch === undefined) return finding('executed what nobody decided');
    if (batch.name !== nameOf(executed.operations)) {
      return finding('executed other operations than were decided');
    }
    if (executed.results.length !== batch.operations) {
      return finding(`${executed.results.length} results for ${batch.operations} operations`);
    }
    return this.checkAnswers(replica, executed);
  }

  private checkAnswers(replica: ReplicaIndex, executed: ExecutedBatch): Finding | null {
    const { sequence, timestamp } = executed;
    for (const [i, operation] of executed.operations.entries()) {
      const result = executed.results[i] as Uint8Array;
      const first = this.answers.get(operation);
      if (first === undefined) this.remember(operation, { sequence, timestamp, result });
      else if (!equalBytes(first.result, result) && hasOneAnswer(first.result)) {
        if (timestamp > first.timestamp + this.keptMs && isRefused(result)) continue;
        return {
          sequence,
          replicas: [replica],
          detail:
            `operation ${operation.slice(0, 8)} was answered otherwise than ` +
            `at sequence ${first.sequence}`,
        };
      }
    }
    return null;
  }

  private remember(operation: Digest, answer: FirstAnswer): void {
    this.answers.set(operation, answer);
    if (this.answers.size <= rememberedOperations) return;
    // Many at once: to find the oldest, a map passes over the places of all before it.
    for (const oldest of this.answers.keys()) {
      if (this.answers.size <= rememberedOperations * (1 - 1 / 16)) break;
      this.answers.delete(oldest);
    }
  }
}
