import type { Digest } from '../../base/digest.ts';
import type { ReplicaIndex } from '../../pbft/messages.ts';
import { quorum } from '../../pbft/quorum.ts';
import type { ExecutedBatch } from '../../runtime/observer.ts';
import {
  type Acknowledged,
  BySequence,
  type Cast,
  type Checker,
  type FinalState,
  type Finding,
} from './checker.ts';

interface Result {
  readonly replica: ReplicaIndex | null;
  readonly resultsRoot: Digest;
  readonly stateDigest: Digest;
}

/**
 * What a client was told with a certificate stays so: every correct replica that executes the
 * sequence, before or after, in this life or the next, gets the certified result; and when the run
 * is over a quorum has not forgotten it.
 */
export class DurabilityChecker implements Checker {
  readonly name = 'durability';
  private readonly cast: Cast;
  private readonly executed = new BySequence<Result>();
  private readonly acknowledged = new BySequence<Result>();
  private newestAcknowledged = 0;

  constructor(cast: Cast) {
    this.cast = cast;
  }

  onExecuted(replica: ReplicaIndex, batch: ExecutedBatch): Finding | null {
    const { sequence, resultsRoot, stateDigest } = batch;
    const result = { replica, resultsRoot, stateDigest };
    if (this.executed.get(sequence) === undefined) this.executed.set(sequence, result);
    const told = this.acknowledged.get(sequence);
    return told === undefined ? null : this.compare(sequence, told, result);
  }

  onAcknowledged({ certified }: Acknowledged): Finding | null {
    const { sequence, resultsRoot, stateDigest } = certified.certificate.statement;
    const told: Result = { replica: null, resultsRoot, stateDigest };
    this.newestAcknowledged = Math.max(this.newestAcknowledged, sequence);
    const before = this.acknowledged.get(sequence);
    if (before !== undefined) return this.compare(sequence, before, told);
    this.acknowledged.set(sequence, told);
    const result = this.executed.get(sequence);
    return result === undefined ? null : this.compare(sequence, told, result);
  }

  /** Votes of a quorum stand behind the newest answer; whoever is up must overlap with them. */
  onEnd(states: readonly FinalState[]): Finding | null {
    const { n } = this.cast;
    const remembering = states.filter(({ lostDisk, votes }) => votes && !lostDisk);
    if (remembering.length <= n - quorum(n)) return null;
    const newest = Math.max(...remembering.map(({ executed }) => executed));
    if (newest >= this.newestAcknowledged) return null;
    return {
      sequence: this.newestAcknowledged,
      replicas: remembering.map(({ replica }) => replica),
      detail:
        `a client holds a certified answer of sequence ${this.newestAcknowledged}, ` +
        `but no replica that is up is past ${newest}`,
    };
  }

  private compare(sequence: number, told: Result, other: Result): Finding | null {
    if (told.resultsRoot === other.resultsRoot && told.stateDigest === other.stateDigest) {
      return null;
    }
    const who = other.replica === null ? 'another client' : `replica ${other.replica}`;
    return {
      sequence,
      replicas: other.replica === null ? [] : [other.replica],
      detail:
        `a client holds a certificate over results ${told.resultsRoot.slice(0, 8)} ` +
        `and state ${told.stateDigest.slice(0, 8)}, ${who} has ` +
        `${other.resultsRoot.slice(0, 8)} and ${other.stateDigest.slice(0, 8)}`,
    };
  }
}
