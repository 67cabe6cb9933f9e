import { utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { createReplica } from '../../src/pbft/create.ts';
import { batchDigest, headerDigest, seal } from '../../src/pbft/envelope.ts';
import type { JournalRecord } from '../../src/pbft/journal-record.ts';
import type {
  CheckpointCertificate,
  CommitCertificate,
  Envelope,
  Message,
  NewView,
  PrePrepare,
  PreparedCertificate,
  ResultStatement,
  Statement,
  ViewChange,
  Vote,
} from '../../src/pbft/messages.ts';
import type { Effect, Input, Parameters } from '../../src/pbft/replica.ts';
import { type Membership, TestCluster } from './cluster.ts';

/** One replica of four, and messages that the others might send it. */
export class Alone {
  readonly cluster: TestCluster;
  readonly index: number;

  constructor(index: number, parameters: Partial<Parameters> = {}, membership: Membership = {}) {
    this.cluster = new TestCluster(4, parameters, idealScheme, membership);
    this.index = index;
  }

  get state() {
    return this.cluster.member(this.index).replica.state;
  }

  /** The service runs what is decided; nothing is delivered. */
  step(input: Input): readonly Effect[] {
    return this.cluster.step(this.index, input);
  }

  request(operation: Uint8Array): readonly Effect[] {
    const { replica } = this.cluster.member(this.index);
    return replica.step({ type: 'request', operation }, this.cluster.nowMs);
  }

  hear(from: number, message: Message): readonly Effect[] {
    const { replica } = this.cluster.member(this.index);
    if (replica.counts(message)) return [];
    return replica.step({ type: 'receive', from, message }, this.cluster.nowMs);
  }

  /** A replica in its place that begins with these records, or with a lost disk. */
  restart(records: readonly JournalRecord[] | 'lost'): readonly Effect[] {
    this.cluster.member(this.index).replica = createReplica(this.cluster.options(this.index));
    if (records === 'lost') return this.step({ type: 'diskLost' });
    return this.step({ type: 'recovered', records });
  }

  say<S extends Statement>(statement: S, by: number): Envelope<S> {
    return seal(statement, by, this.cluster.signer(by), this.cluster.validators.chainId);
  }

  votes(statement: Statement, by: readonly number[]): Vote[] {
    return by.map((replica) => ({ replica, signature: this.say(statement, replica).signature }));
  }

  header(view: number, sequence: number, batch: readonly Uint8Array[]): Envelope<PrePrepare> {
    const timestamp = batch.length === 0 ? 0 : this.cluster.nowMs;
    const named = { view, sequence, batchDigest: batchDigest(batch), timestamp };
    return this.say({ type: 'prePrepare', ...named }, view % 4);
  }

  /** A certificate that two backups of `view` prepared at `sequence`. */
  prepared(sequence: number, view = 0, batch = [utf8('a')]): PreparedCertificate {
    const header = this.header(view, sequence, batch);
    const named = { view, sequence, headerDigest: headerDigest(header) };
    const backups = [0, 1, 2, 3].filter((replica) => replica !== view % 4);
    return { header, prepares: this.votes({ type: 'prepare', ...named }, backups.slice(0, 2)) };
  }

  decided(sequence: number, view = 0, batch = [utf8('a')]): CommitCertificate {
    const header = this.header(view, sequence, batch);
    const named = { view, sequence, headerDigest: headerDigest(header) };
    return { header, commits: this.votes({ type: 'commit', ...named }, [0, 1, 2]) };
  }

  result(sequence: number, state = 'x'): ResultStatement {
    const [resultsRoot, stateDigest] = [digest('test/x', utf8('x')), digest('test/x', utf8(state))];
    return { type: 'result', epoch: 0, sequence, timestamp: 1, resultsRoot, stateDigest };
  }

  checkpoint(sequence: number, by = [0, 1, 2]): CheckpointCertificate {
    const statement = this.result(sequence);
    return { statement, votes: this.votes(statement, by) };
  }

  viewChange(view: number, by: number, claim: Partial<ViewChange> = {}): Envelope<ViewChange> {
    return this.say({ type: 'viewChange', view, stable: null, prepared: [], ...claim }, by);
  }

  /** A view that its primary opens with view changes by 1, 2 and 3, which claim alike. */
  newView(
    view: number,
    headers: readonly Envelope<PrePrepare>[] = [],
    claim: Partial<ViewChange> = {},
  ): Envelope<NewView> {
    const viewChanges = [1, 2, 3].map((by) => this.viewChange(view, by, claim));
    return this.say({ type: 'newView', view, viewChanges, headers }, view % 4);
  }
}

export const strikes = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.type === 'strike' ? [effect.reason] : []));
export const accused = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.type === 'accuse' ? [effect.evidence] : []));
export const sent = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
