import { utf8 } from '../../src/base/bytes.ts';
import type { Digest } from '../../src/base/digest.ts';
import { batchDigest, headerDigest, nullBatchDigest } from '../../src/pbft/envelope.ts';
import type { Evidence } from '../../src/pbft/evidence.ts';
import type { JournalRecord, RecoveryBound } from '../../src/pbft/journal-record.ts';
import type { Envelope, Message, NewView, Operation, PrePrepare } from '../../src/pbft/messages.ts';
import type { Effect } from '../../src/pbft/replica.ts';

/**
 * Words for what replicas say and do. Digests appear by what they stand for: a header is its batch,
 * `[a b]`, and a prime tells a second one of the same view, sequence and batch apart. So
 * transcripts change when the protocol does, not when an encoding does.
 */
export class Describer {
  private readonly batches = new Map<Digest, string>([[nullBatchDigest, '[null]']]);
  private readonly headers = new Map<Digest, string>();
  private readonly firstHeader = new Map<string, Digest>();
  private readonly firstState = new Map<number, Digest>();
  private readonly startMs: number;

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  /** Makes a batch known by its content. */
  learnBatch(batch: readonly Operation[]): void {
    const texts = batch.map((operation) => new TextDecoder().decode(operation));
    if (batch.length > 0) this.batches.set(batchDigest(batch), `[${texts.join(' ')}]`);
  }

  learnRequest(text: string): void {
    this.learnBatch([utf8(text)]);
  }

  batch(digest: Digest): string {
    return this.batches.get(digest) ?? '[unknown]';
  }

  header(envelope: Envelope<PrePrepare>): string {
    const digest = headerDigest(envelope);
    const known = this.headers.get(digest);
    if (known !== undefined) return known;
    const { view, sequence, batchDigest, timestamp } = envelope.statement;
    const place = `v${view} s${sequence} ${batchDigest}`;
    const first = this.firstHeader.get(place);
    if (first === undefined) this.firstHeader.set(place, digest);
    const prime = first === undefined ? '' : "'";
    const name = `v${view} s${sequence} ${this.batch(batchDigest)}${prime}`;
    const named = timestamp === 0 ? name : `${name}${this.at(timestamp)}`;
    this.headers.set(digest, named);
    return named;
  }

  /** A time as its distance from the beginning of the transcript; nothing where that is zero. */
  private at(timestamp: number): string {
    const passedMs = timestamp - this.startMs;
    return passedMs === 0 ? '' : ` at ${passedMs > 0 ? '+' : ''}${passedMs}`;
  }

  private vote({ view, sequence, headerDigest: digest }: VoteStatement): string {
    return this.headers.get(digest) ?? `v${view} s${sequence} [unknown]`;
  }

  private checkpoint(sequence: number, stateDigest: Digest): string {
    const first = this.firstState.get(sequence) ?? stateDigest;
    this.firstState.set(sequence, first);
    return `s${sequence}${first === stateDigest ? '' : ' with another state'}`;
  }

  message(message: Message): string {
    switch (message.type) {
      case 'request':
        return `request ${new TextDecoder().decode(message.operation)}`;
      case 'prePrepare':
        this.learnBatch(message.batch);
        return `prePrepare ${this.header(message.header)}`;
      case 'prepare':
        return `prepare ${this.header(message.header)}`;
      case 'commit':
        return `commit ${this.vote(message.vote.statement)}`;
      case 'checkpoint': {
        const { sequence, stateDigest } = message.vote.statement;
        return `checkpoint ${this.checkpoint(sequence, stateDigest)}`;
      }
      case 'viewChange': {
        const { view, stable, prepared } = message.vote.statement;
        const certificates = prepared.map(({ header }) => this.header(header)).join(', ');
        const low = stable?.statement.sequence ?? 0;
        return `viewChange v${view} stable=${low} prepared=(${certificates})`;
      }
      case 'newView':
        return `newView ${this.newView(message.vote.statement)}`;
      case 'reply':
        return `reply s${message.vote.statement.sequence}`;
      case 'status': {
        const { view, active, stableCheckpoint, executed } = message;
        const between = active ? '' : ' between views';
        return `status v${view}${between} stable=${stableCheckpoint} executed=${executed}`;
      }
      case 'complaint':
        return `complaint v${message.view}`;
      case 'queryStable':
        return 'queryStable';
      case 'replyStable':
        return `replyStable v${message.view} executed=${message.executed}`;
      case 'decided':
        this.learnBatch(message.batch);
        return `decided ${this.header(message.certificate.header)}`;
      case 'fetchBatch':
        return `fetchBatch ${this.batch(message.batchDigest)}`;
      case 'batch':
        return `batch ${this.batch(batchDigest(message.batch))}`;
      case 'fetchState':
        return `fetchState s${message.sequence} chunk ${message.chunk}`;
      case 'stableCheckpoint':
        return `stableCheckpoint s${message.certificate.statement.sequence}`;
      case 'stateChunk':
        return `stateChunk s${message.sequence} ${message.chunk} of ${message.chunks}`;
      case 'epochChange':
        return `epochChange s${message.certificate.statement.sequence}`;
    }
  }

  private newView({ view, viewChanges, headers }: NewView): string {
    const senders = viewChanges.map(({ sender }) => sender).join(' ');
    const chosen = headers.map((header) => this.header(header)).join(', ');
    return `v${view} from=(${senders}) headers=(${chosen})`;
  }

  /** What an effect other than sending does, or null for one that transcripts leave out. */
  effect(effect: Effect): string | null {
    switch (effect.type) {
      case 'execute': {
        this.learnBatch(effect.batch);
        const { sequence, batchDigest, timestamp } = effect.certificate.header.statement;
        const at = timestamp === 0 ? '' : this.at(timestamp);
        return `executes s${sequence} ${this.batch(batchDigest)}${at}`;
      }
      case 'persist':
        return `journals ${this.record(effect.record)}`;
      case 'reply':
        return `replies s${effect.vote.statement.sequence}`;
      case 'accuse':
        return `accuses ${this.evidence(effect.evidence)}`;
      case 'strike':
        return `strikes ${effect.replica}: ${effect.reason}`;
      case 'stable':
        return `stable s${effect.certificate.statement.sequence}`;
      case 'install':
        return `installs s${effect.certificate.statement.sequence}`;
      case 'enterView':
        return effect.active ? `enters v${effect.view}` : `leaves for v${effect.view}`;
      case 'setTimer':
        return `sets ${effect.timer} ${effect.afterMs}`;
      case 'cancelTimer':
        return `cancels ${effect.timer}`;
      default:
        return null;
    }
  }

  private evidence(evidence: Evidence): string {
    const who = `${evidence.accused} ${evidence.type}`;
    const both = (first: string, second: string) => `${who} ${first} / ${second}`;
    switch (evidence.type) {
      case 'conflictingPrePrepare':
        return both(this.header(evidence.first), this.header(evidence.second));
      case 'conflictingPrepare':
      case 'conflictingCommit':
        return both(this.vote(evidence.first.statement), this.vote(evidence.second.statement));
      case 'divergentResult':
        return `${who} s${evidence.vote.statement.sequence}`;
      case 'conflictingResult':
        return `${who} s${evidence.first.statement.sequence}`;
      default:
        return `${who} v${evidence.vote.statement.view}`;
    }
  }

  record(record: JournalRecord): string {
    switch (record.type) {
      case 'accepted':
        this.learnBatch(record.batch);
        return `accepted ${this.header(record.header)}`;
      case 'prepared':
        return `prepared ${this.header(record.certificate.header)}`;
      case 'decided':
        return `decided ${this.header(record.certificate.header)}`;
      case 'leftView':
      case 'enteredView':
        return `${record.type} v${record.vote.statement.view}`;
      case 'recovering':
        return `recovering until ${describeBound(record.until)}`;
      case 'stable':
        return `stable s${record.certificate.statement.sequence}`;
    }
  }
}

/** What a replica that lost its disk waits for. */
export function describeBound(until: RecoveryBound | null): string {
  return until === null ? 'unknown' : `s${until.sequence} v${until.view}`;
}

interface VoteStatement {
  readonly view: number;
  readonly sequence: number;
  readonly headerDigest: Digest;
}
