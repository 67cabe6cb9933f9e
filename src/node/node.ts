import { assert } from '../base/assert.ts';
import { Ledger, type LedgerOptions } from '../ledger/ledger.ts';
import { isolateOperation } from '../ledger/operation.ts';
import { type LedgerSnapshot, snapshotChunks } from '../ledger/snapshot.ts';
import { createReplica } from '../pbft/create.ts';
import { outerEnvelope, requestDigest, voteVerifier } from '../pbft/envelope.ts';
import { encodeEvidence } from '../pbft/evidence-codec.ts';
import { limits } from '../pbft/limits.ts';
import { encodeMessage } from '../pbft/message-codec.ts';
import type { Message, Operation, ReplicaIndex } from '../pbft/messages.ts';
import type { Effect, Input, Replica, TimerName, VerifyVote } from '../pbft/replica.ts';
import { type Address, replicaAddress } from '../runtime/ports.ts';
import { evidenceCourt } from './evidence-court.ts';
import { decodeFrame } from './frames.ts';
import type { NodeOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { Replies } from './replies.ts';
import { bootKey, checkpointWrite, type Recovered, recordPut, recover } from './store.ts';

/** A batch that ran, until the replica has voted over it. */
interface RunBatch {
  readonly batch: readonly Operation[];
  readonly results: readonly Uint8Array[];
}

/**
 * The process around a replica: bytes → decode → verify → step → obey effects. All it knows of the
 * world comes through its ports, so it runs the same in virtual and in real time.
 */
export class Node {
  private readonly options: NodeOptions;
  private readonly verify: VerifyVote;
  private readonly outbox: Outbox;
  private readonly replies = new Replies();
  private readonly peers: readonly Address[];
  private readonly indexOf: ReadonlyMap<Address, ReplicaIndex>;
  private readonly timers = new Map<TimerName, () => void>();
  private readonly snapshots = new Map<number, LedgerSnapshot>();
  private readonly inputs: Input[] = [];
  private replica: Replica | null = null;
  private readonly ledgerOptions: LedgerOptions;
  private ledger: Ledger;
  private isolated: readonly ReplicaIndex[] = [];
  private chunks: { readonly sequence: number; readonly chunks: readonly Uint8Array[] } | null =
    null;
  private readonly ran = new Map<number, RunBatch>();
  private view = 0;
  private stableCheckpoint = 0;
  private busy = false;
  private stopped = false;

  constructor(options: NodeOptions) {
    this.options = options;
    const { scheme, validators, index, genesis, journal, network } = options;
    this.verify = voteVerifier(scheme, validators);
    const court = { validators, verify: this.verify, parameters: options.parameters };
    this.ledgerOptions = { scheme, checkEvidence: evidenceCourt(court) };
    this.ledger = new Ledger(genesis, this.ledgerOptions);
    this.outbox = new Outbox(journal, (error) => this.onJournalError(error));
    const addresses = validators.publicKeys.map((_, i) => replicaAddress(i));
    this.indexOf = new Map(addresses.map((address, i) => [address, i]));
    this.peers = addresses.filter((_, i) => i !== index);
    network.onFrame((from, frame) => this.onFrame(from, frame));
  }

  /** Reads the journal and takes part. Calls back once, with the error that keeps it from starting. */
  start(done: (error: Error | null) => void): void {
    this.options.journal.load((error, entries) => {
      if (this.stopped) return;
      const recovered = error ?? recover(entries);
      if (recovered instanceof Error) return done(recovered);
      const problem = this.restore(recovered);
      if (problem !== null) return done(problem);
      this.begin(recovered);
      done(null);
    });
  }

  /** Takes part no longer: no timer fires, no frame is read, nothing more is sent. */
  stop(): void {
    this.stopped = true;
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
  }

  private restore({ state }: Recovered): Error | null {
    if (state === null) return null;
    const { genesis } = this.options;
    const ledger = Ledger.restore(genesis, this.ledgerOptions, state.chunks, state.digest);
    if (ledger === null) return new Error('the state on disk does not give its certified digest');
    this.ledger = ledger;
    this.snapshots.set(state.sequence, ledger.snapshot());
    return null;
  }

  private begin({ ranBefore, records }: Recovered): void {
    const { index, validators, signer, parameters, behaviour } = this.options;
    const honest = createReplica({ index, validators, signer, parameters, verify: this.verify });
    this.replica = behaviour === undefined ? honest : behaviour(honest);
    if (!ranBefore) {
      this.outbox.write({ puts: [{ key: bootKey, value: new Uint8Array([1]) }], deletes: [] });
    }
    const lost = !ranBefore && this.options.ranBefore;
    this.inputs.push(lost ? { type: 'diskLost' } : { type: 'recovered', records });
    this.applyStanding();
    this.turn();
  }

  private onFrame(from: Address, frame: Uint8Array): void {
    if (this.stopped || this.replica === null) return;
    const decoded = decodeFrame(frame);
    if (!decoded.ok) return this.refuse(from, decoded.reason);
    const message = decoded.value;
    const peer = this.indexOf.get(from);
    if (peer === undefined) return this.onClientMessage(from, message);
    const envelope = outerEnvelope(message);
    if (envelope !== null && !this.verify(envelope.sender, envelope.payload, envelope.signature)) {
      return this.refuse(from, `${message.type}: signature of replica ${envelope.sender}`);
    }
    this.feed({ type: 'receive', from: peer, message });
  }

  private onClientMessage(from: Address, message: Message): void {
    if (message.type !== 'request') return this.refuse(from, `${message.type} from a client`);
    const digest = requestDigest(message.operation);
    const known = this.replies.again(digest, this.view);
    if (known !== null) return this.send(from, known, encodeMessage(known));
    if (!this.replies.expect(digest, from)) return this.refuse(from, 'too many requests wait');
    this.feed({ type: 'request', operation: message.operation });
  }

  private refuse(from: Address, reason: string): void {
    this.options.observer.onRefused?.(from, reason, this.options.clock.nowMs());
  }

  /** One turn: this input and all that follow from it; then its writes go to disk together. */
  private feed(input: Input): void {
    this.inputs.push(input);
    if (!this.busy) this.turn();
  }

  private turn(): void {
    this.busy = true;
    for (let next = this.inputs.shift(); next !== undefined; next = this.inputs.shift()) {
      assert(this.replica !== null, 'fed before start');
      const nowMs = this.options.clock.nowMs();
      const effects = this.replica.step(next, nowMs);
      this.options.observer.onStep?.(next, effects, nowMs);
      for (const effect of effects) this.obey(effect);
      if (next.type === 'executed') this.ran.delete(next.sequence);
    }
    this.busy = false;
    this.outbox.flush();
  }

  private obey(effect: Effect): void {
    switch (effect.type) {
      case 'send':
        return this.sendMessage(effect.to, effect.message);
      case 'persist':
        return this.outbox.write({ puts: [recordPut(effect.record)], deletes: [] });
      case 'execute':
        return this.execute(effect);
      case 'reply':
        return this.reply(effect);
      case 'setTimer':
        return this.setTimer(effect.timer, effect.afterMs);
      case 'cancelTimer':
        return this.cancelTimer(effect.timer);
      case 'stable':
        return this.keepCheckpoint(effect.certificate.statement.sequence);
      case 'serveChunk':
        return this.serveChunk(effect);
      case 'install':
        return this.install(effect);
      case 'enterView':
        this.view = effect.view;
        return;
      case 'accuse':
        return this.accuse(effect);
      case 'strike':
        return; // for the observer, which saw it with the step
    }
  }

  private sendMessage(to: ReplicaIndex | 'others', message: Message): void {
    const frame = encodeMessage(message);
    if (to !== 'others') return this.send(replicaAddress(to), message, frame);
    for (const peer of this.peers) this.send(peer, message, frame);
  }

  private send(to: Address, message: Message, frame: Uint8Array): void {
    this.outbox.afterWrites(() => {
      if (this.stopped) return;
      this.options.observer.onSend?.(to, message, frame, this.options.clock.nowMs());
      this.options.network.send(to, frame);
    });
  }

  private setTimer(timer: TimerName, afterMs: number): void {
    this.cancelTimer(timer);
    const cancel = this.options.timers.after(afterMs, () => {
      this.timers.delete(timer);
      if (!this.stopped) this.feed({ type: 'timeout', timer });
    });
    this.timers.set(timer, cancel);
  }

  private cancelTimer(timer: TimerName): void {
    this.timers.get(timer)?.();
    this.timers.delete(timer);
  }

  private execute({ certificate, batch }: Extract<Effect, { type: 'execute' }>): void {
    const { sequence, timestamp } = certificate.header.statement;
    const executed = this.ledger.execute(sequence, timestamp, batch);
    const { results, resultsRoot, stateDigest } = executed;
    this.ran.set(sequence, { batch, results });
    if (sequence % this.options.parameters.checkpointInterval === 0) {
      this.snapshots.set(sequence, this.ledger.snapshot());
    }
    const operations = batch.map(requestDigest);
    this.options.observer.onExecuted?.(
      { sequence, timestamp: executed.timestamp, operations, results, resultsRoot, stateDigest },
      this.options.clock.nowMs(),
    );
    this.inputs.push({
      type: 'executed',
      sequence,
      resultsRoot,
      stateDigest,
      timestamp: executed.timestamp,
    });
    this.applyStanding();
  }

  private reply({ vote }: Extract<Effect, { type: 'reply' }>): void {
    const ran = this.ran.get(vote.statement.sequence);
    if (ran === undefined) return; // held back by a villain until nobody remembers the results
    for (const [client, message] of this.replies.answer(vote, this.view, ran.batch, ran.results)) {
      this.send(client, message, encodeMessage(message));
    }
  }

  /** The state at a stable checkpoint goes to disk with the record that says so. */
  private keepCheckpoint(sequence: number): void {
    const snapshot = this.snapshots.get(sequence);
    assert(snapshot !== undefined, `no snapshot of stable checkpoint ${sequence}`);
    this.chunks = { sequence, chunks: snapshotChunks(snapshot) };
    this.outbox.write(checkpointWrite(sequence, this.chunks.chunks));
    // The checkpoint before stays in memory for peers in the middle of fetching it.
    for (const old of this.snapshots.keys()) {
      if (old < this.stableCheckpoint) this.snapshots.delete(old);
    }
    this.stableCheckpoint = sequence;
  }

  private serveChunk({ to, sequence, chunk }: Extract<Effect, { type: 'serveChunk' }>): void {
    if (this.chunks?.sequence !== sequence) {
      const snapshot = this.snapshots.get(sequence);
      if (snapshot === undefined) return;
      this.chunks = { sequence, chunks: snapshotChunks(snapshot) };
    }
    const { chunks } = this.chunks;
    const bytes = chunks[chunk];
    if (bytes === undefined) return;
    const message = { type: 'stateChunk', sequence, chunk, chunks: chunks.length, bytes } as const;
    this.sendMessage(to, message);
  }

  private install({ certificate, chunks }: Extract<Effect, { type: 'install' }>): void {
    const { genesis } = this.options;
    const { sequence, stateDigest } = certificate.statement;
    const ledger = Ledger.restore(genesis, this.ledgerOptions, chunks, stateDigest);
    if (ledger !== null) {
      this.ledger = ledger;
      this.snapshots.set(sequence, ledger.snapshot());
    }
    this.inputs.push({ type: 'installed', sequence, ok: ledger !== null });
    this.applyStanding();
  }

  /** Evidence is ordered like any request: isolation takes effect at one sequence everywhere. */
  private accuse({ evidence }: Extract<Effect, { type: 'accuse' }>): void {
    const operation = isolateOperation(encodeEvidence(evidence));
    if (operation.length > limits.operationBytes) return;
    this.inputs.push({ type: 'request', operation });
    this.sendMessage('others', { type: 'request', operation });
  }

  /** Tells the replica, the network's gate and the readers whom the state isolates now. */
  private applyStanding(): void {
    const replicas = this.ledger.isolated;
    if (replicas.join() === this.isolated.join()) return;
    this.isolated = replicas;
    this.inputs.push({ type: 'isolated', replicas });
    this.options.observer.onIsolated?.(replicas, this.options.clock.nowMs());
  }

  /** Without its journal a replica must not vote: it falls silent and says so. */
  private onJournalError(error: Error): void {
    this.options.observer.onJournalError?.(error, this.options.clock.nowMs());
    this.stop();
  }
}
