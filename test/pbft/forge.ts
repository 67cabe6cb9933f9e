import { utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { batchDigest, headerDigest, seal } from '../../src/pbft/envelope.ts';
import type {
  CheckpointCertificate,
  Envelope,
  Message,
  NewView,
  Operation,
  PrePrepare,
  ReplicaIndex,
  ResultStatement,
  Statement,
  Vote,
} from '../../src/pbft/messages.ts';
import type { TestCluster } from './cluster.ts';
import type { Command } from './command.ts';
import type { Describer } from './describe.ts';
import { forgeNewView, forgeViewChange } from './forge-view.ts';

/**
 * Messages that no correct replica sends, made by hand: `forge TYPE by SIGNER … [with WRONG] to …`.
 * A forger holds every key here, and the transcript says whose it uses; a key that the liar
 * would not have appears only where the signature is broken on purpose.
 *
 * `forge prePrepare by 0 v0 s1 batch "b" [body "c"] [at +MS|none]` (`body`: the batch that travels)
 * · `forge prepare by 2 v0 s1 batch "b" [with misquote|forgedHeader|otherSlot|ownHeader]` · `forge
 * commit by 2 v0 s1 batch "b"` · `forge checkpoint by 3 s4 [with otherState|otherEpoch]` · `forge
 * stableCheckpoint by 3 s4 votes 0 1 [with forgedVote|twice|otherEpoch]` · `forge decided by 3 v0
 * s1 batch "b" [body "c"] votes 0 1 3 [with forgedVote|twice]` · `forge viewChange`, `forge
 * newView`: forge-view.ts · `forge status by 3 v0 at EXECUTED STABLE` · `forge bareBatch by 3 batch
 * "b"` · `forge stateChunk by 0 s4 at CHUNK CHUNKS "junk"`. `through R`: who delivers it, where
 * that is not the signer.
 */
export class Forger {
  readonly cluster: TestCluster;
  /** Whose keys the forger holds; null for everyone's, in transcripts that say whose they use. */
  keys: ReadonlySet<ReplicaIndex> | null = null;
  private readonly describer: Describer;
  private readonly headers = new Map<string, Envelope<PrePrepare>>();
  private readonly results = new Map<number, ResultStatement>();
  private readonly newViews = new Map<number, NewView>();

  constructor(cluster: TestCluster, describer: Describer) {
    this.cluster = cluster;
    this.describer = describer;
  }

  /** Remembers what was really sent, so that a lie can stand close to the truth. */
  learn(message: Message): void {
    if (message.type === 'prePrepare') this.learnHeader(message.header);
    if (message.type === 'checkpoint') {
      const { statement } = message.vote;
      if (!this.results.has(statement.sequence)) this.results.set(statement.sequence, statement);
    }
    if (message.type === 'newView') {
      this.newViews.set(message.vote.statement.view, message.vote.statement);
      for (const header of message.vote.statement.headers) this.learnHeader(header);
    }
  }

  private learnHeader(header: Envelope<PrePrepare>): void {
    const { view, sequence, batchDigest } = header.statement;
    const place = `${view}/${sequence}/${batchDigest}`;
    if (!this.headers.has(place)) this.headers.set(place, header);
  }

  seal<S extends Statement>(statement: S, by: ReplicaIndex): Envelope<S> {
    if (this.keys !== null && !this.keys.has(by)) throw new NothingToForge(`no key of ${by}`);
    return seal(statement, by, this.cluster.signer(by), this.cluster.validators.chainId);
  }

  votes(statement: Statement, by: readonly ReplicaIndex[]): Vote[] {
    return by.map((replica) => ({ replica, signature: this.seal(statement, replica).signature }));
  }

  /** The header that really was sent for this batch, or one that its primary might have signed. */
  header(view: number, sequence: number, batch: readonly Operation[]): Envelope<PrePrepare> {
    this.describer.learnBatch(batch);
    const known = this.headers.get(`${view}/${sequence}/${batchDigest(batch)}`);
    if (known) return known;
    const timestamp = batch.length > 0 ? this.cluster.nowMs : 0;
    const statement = { view, sequence, batchDigest: batchDigest(batch), timestamp };
    const primary = view % this.cluster.members.length;
    const header = this.seal({ type: 'prePrepare', ...statement }, primary);
    this.describer.header(header);
    return header;
  }

  forge(command: Command): { from: ReplicaIndex; message: Message } {
    const by = command.numbers('by')?.[0] ?? 0;
    const from = command.numbers('through')?.[0] ?? by;
    return { from, message: this.make(command, by) };
  }

  private make(command: Command, by: ReplicaIndex): Message {
    const view = command.view ?? 0;
    const sequence = command.sequence ?? 0;
    const [type = ''] = command.words;
    const batch = (command.clause('batch') ?? []).map(utf8);
    switch (type) {
      case 'prePrepare':
        return this.prePrepare(command, by, batch);
      case 'prepare':
        return this.prepare(command, by, batch);
      case 'commit': {
        const digest = headerDigest(this.header(view, sequence, batch));
        const statement = { type, view, sequence, headerDigest: digest } as const;
        return { type, vote: this.seal(statement, by) };
      }
      case 'checkpoint':
        return { type, vote: this.seal(this.result(command), by) };
      case 'stableCheckpoint':
        return { type, certificate: this.checkpointCertificate(command) };
      case 'decided':
        return this.decided(command, batch);
      case 'viewChange':
        return { type, vote: forgeViewChange(this, by, command) };
      case 'newView': {
        const honest = this.newViews.get(view) ?? [...this.newViews.values()].at(-1);
        if (!honest) throw new NothingToForge('no new view was ever sent');
        return { type, vote: forgeNewView(this, by, { ...honest, view }, command) };
      }
      case 'status': {
        const [executed = 0, stableCheckpoint = 0] = command.numbers('at') ?? [];
        return { type, epoch: 0, view, active: true, executed, stableCheckpoint };
      }
      case 'complaint':
        return { type, epoch: 0, view };
      case 'replyStable': {
        const [executed = 0, agoMs = 0] = command.numbers('at') ?? [];
        return { type, epoch: 0, nonce: this.cluster.nowMs - agoMs, view, executed };
      }
      case 'bareBatch':
        return { type: 'batch', batch };
      case 'stateChunk': {
        const [chunk = '0', chunks = '1', text = ''] = command.clause('at') ?? [];
        const where = { sequence, chunk: Number(chunk), chunks: Number(chunks) };
        return { type, ...where, bytes: utf8(text) };
      }
      default:
        throw new Error(`forge what? "${type}"`);
    }
  }

  private prePrepare(command: Command, by: ReplicaIndex, batch: readonly Operation[]): Message {
    const { view, sequence } = command;
    const [at] = command.clause('at') ?? [];
    this.describer.learnBatch(batch);
    const nowMs = at === undefined && batch.length === 0 ? 0 : this.cluster.nowMs;
    const timestamp = at === 'none' ? 0 : nowMs + Number(at ?? 0);
    const place = { view: view ?? 0, sequence: sequence ?? 0 };
    const statement = { ...place, batchDigest: batchDigest(batch), timestamp };
    const header = this.seal({ type: 'prePrepare', ...statement }, by);
    const body = command.clause('body')?.map(utf8) ?? batch;
    return { type: 'prePrepare', header, batch: body };
  }

  private prepare(command: Command, by: ReplicaIndex, batch: readonly Operation[]): Message {
    const view = command.view ?? 0;
    const sequence = command.sequence ?? 0;
    const [wrong] = command.clause('with') ?? [];
    let header = this.header(view, sequence, batch);
    if (wrong === 'otherSlot') header = this.header(view, sequence + 1, batch);
    if (wrong === 'ownHeader') header = this.seal(header.statement, by);
    if (wrong === 'forgedHeader') header = { ...header, signature: broken(header.signature) };
    const quoted = wrong === 'misquote' ? digest('test/other', header.payload) : null;
    const statement = { view, sequence, headerDigest: quoted ?? headerDigest(header) };
    return { type: 'prepare', vote: this.seal({ type: 'prepare', ...statement }, by), header };
  }

  private result(command: Command): ResultStatement {
    const sequence = command.sequence ?? 0;
    const [wrong] = command.clause('with') ?? [];
    const honest: ResultStatement = this.results.get(sequence) ?? {
      type: 'result',
      epoch: 0,
      sequence,
      timestamp: this.cluster.nowMs,
      resultsRoot: digest('test/results', utf8('made up')),
      stateDigest: digest('test/state', utf8('made up')),
    };
    if (wrong === 'otherEpoch') return { ...honest, epoch: honest.epoch + 1 };
    if (wrong !== 'otherState') return honest;
    return { ...honest, stateDigest: digest('test/state', utf8('another')) };
  }

  checkpointCertificate(command: Command): CheckpointCertificate {
    const statement = this.result(command);
    return { statement, votes: this.distort(this.votesOf(command, statement), command) };
  }

  private votesOf(command: Command, statement: Statement): Vote[] {
    return this.votes(statement, command.numbers('votes') ?? []);
  }

  private distort(votes: Vote[], command: Command): Vote[] {
    const [wrong] = command.clause('with') ?? [];
    const [first] = votes;
    if (first && wrong === 'twice') return [first, ...votes];
    if (first && wrong === 'forgedVote') {
      return [{ ...first, signature: broken(first.signature) }, ...votes.slice(1)];
    }
    return votes;
  }

  private decided(command: Command, batch: readonly Operation[]): Message {
    const view = command.view ?? 0;
    const sequence = command.sequence ?? 0;
    const [wrong] = command.clause('with') ?? [];
    const header = this.header(view, sequence, batch);
    const statement = { view, sequence, headerDigest: headerDigest(header) };
    const votes = this.votesOf(command, { type: 'commit', ...statement });
    const own =
      wrong === 'ownHeader' ? this.seal(header.statement, command.numbers('by')?.[0] ?? 0) : header;
    const body = command.clause('body')?.map(utf8) ?? batch;
    const certificate = { header: own, commits: this.distort(votes, command) };
    return { type: 'decided', certificate, batch: body };
  }
}

/** There is no truth yet that this lie could stand close to. */
export class NothingToForge extends Error {}

/** A signature that verifies for nobody. */
export function broken(signature: Uint8Array): Uint8Array {
  return signature.map((byte) => byte ^ 0xff);
}
