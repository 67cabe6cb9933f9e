import type { Digest } from '../../base/digest.ts';
import type { CommitCertificate, ReplicaIndex } from '../../pbft/messages.ts';
import type { ExecutedBatch } from '../../runtime/observer.ts';
import type { Seat } from '../../runtime/seat.ts';
import { BySequence, type Checker, type Finding } from './checker.ts';

interface Decision {
  readonly replica: ReplicaIndex;
  readonly batchDigest: Digest;
  readonly timestamp: number;
}

interface Execution {
  readonly replica: ReplicaIndex;
  readonly resultsRoot: Digest;
  readonly stateDigest: Digest;
  readonly timestamp: number;
}

/**
 * Safety of §3: no two correct replicas decide different batches or times for one sequence, nor
 * reach different states or results after it. A replica is also compared with its own past lives.
 */
export class AgreementChecker implements Checker {
  readonly name = 'agreement';
  private readonly epochs = new Map<number, { replica: ReplicaIndex; text: string }>();
  private readonly decisions = new BySequence<Decision>();
  private readonly executions = new BySequence<Execution>();

  /** A membership epoch has one roster, and begins after one state. */
  onSeat(replica: ReplicaIndex, { epoch, court, processes }: Seat): Finding | null {
    const base = court.base?.statement ?? null;
    const n = court.validators.publicKeys.length;
    const roster = `${processes.slice(0, n).join()} after ${base?.sequence ?? 0}`;
    const text = `${roster}, state ${base?.stateDigest ?? 'at genesis'}`;
    const first = this.epochs.get(epoch);
    if (first === undefined) this.epochs.set(epoch, { replica, text });
    if (first === undefined || first.text === text) return null;
    const before = `of replica ${first.replica}: ${first.text}`;
    const detail = `epoch ${epoch} ${before}; of replica ${replica}: ${text}`;
    return { sequence: base?.sequence ?? null, replicas: [first.replica, replica], detail };
  }

  onDecided(replica: ReplicaIndex, certificate: CommitCertificate): Finding | null {
    const { sequence, batchDigest, timestamp } = certificate.header.statement;
    const first = this.decisions.get(sequence);
    if (first === undefined) {
      this.decisions.set(sequence, { replica, batchDigest, timestamp });
      return null;
    }
    if (first.batchDigest === batchDigest && first.timestamp === timestamp) return null;
    return {
      sequence,
      replicas: [first.replica, replica],
      detail:
        `replica ${first.replica} decided ${short(first.batchDigest)} at ${first.timestamp}, ` +
        `replica ${replica} decided ${short(batchDigest)} at ${timestamp}`,
    };
  }

  onExecuted(replica: ReplicaIndex, executed: ExecutedBatch): Finding | null {
    const { sequence, resultsRoot, stateDigest, timestamp } = executed;
    const first = this.executions.get(sequence);
    if (first === undefined) {
      this.executions.set(sequence, { replica, resultsRoot, stateDigest, timestamp });
      return null;
    }
    const differs = difference(first, executed);
    if (differs === null) return null;
    return {
      sequence,
      replicas: [first.replica, replica],
      detail: `replicas ${first.replica} and ${replica} have ${differs}`,
    };
  }
}

function difference(first: Execution, second: ExecutedBatch): string | null {
  if (first.stateDigest !== second.stateDigest) {
    return `states ${short(first.stateDigest)} and ${short(second.stateDigest)}`;
  }
  if (first.resultsRoot !== second.resultsRoot) {
    return `results ${short(first.resultsRoot)} and ${short(second.resultsRoot)}`;
  }
  if (first.timestamp !== second.timestamp) {
    return `batch times ${first.timestamp} and ${second.timestamp}`;
  }
  return null;
}

function short(digest: Digest): string {
  return digest.slice(0, 8);
}
