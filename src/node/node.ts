import { assert } from '../base/assert.ts';
import { decodeMembership } from '../ledger/membership.ts';
import { isolateOperation } from '../ledger/operation.ts';
import { createReplica } from '../pbft/create.ts';
import { outerEnvelope, requestDigest } from '../pbft/envelope.ts';
import { encodeEvidence } from '../pbft/evidence-codec.ts';
import { limits } from '../pbft/limits.ts';
import { encodeMessage } from '../pbft/message-codec.ts';
import type { CheckpointCertificate, Message, Operation, ReplicaIndex } from '../pbft/messages.ts';
import type { Effect, Input, Replica, TimerName } from '../pbft/replica.ts';
import { type Address, replicaAddress } from '../runtime/ports.ts';
import { EarlyChecks } from './early-checks.ts';
import { type Epoch, type EpochChange, epochOf, rejectEpochChange } from './epoch.ts';
import { decodeFrame } from './frames.ts';
import type { NodeOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { Replies } from './replies.ts';
import { Service } from './service.ts';
import { bootKey, checkpointWrite, epochPut, type Recovered, recordPut, recover } from './store.ts';

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>;

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
  private readonly outbox: Outbox;
  private readonly service: Service;
  private readonly early: EarlyChecks | null;
  private readonly replies = new Replies();
  private readonly timers = new Map<TimerName, () => void>();
  private readonly inputs: Input[] = [];
  private readonly ran = new Map<number, RunBatch>();
  /** The changes that began epochs 1, 2, …, for whoever is still in an older one. */
  private readonly changes: EpochChange[] = [];
  private epoch: Epoch;
  private honest: ReturnType<typeof createReplica> | null = null;
  private replica: Replica | null = null;
  private isolated: readonly ReplicaIndex[] = [];
  private view = 0;
  private busy = false;
  private stopped = false;

  constructor(options: NodeOptions) {
    this.options = options;
    const { validators, journal, network, staticChecks } = options;
    this.epoch = this.epochOf({ epoch: validators.epoch, members: validators.publicKeys }, null);
    this.service = new Service(options, this.epoch.court);
    const { verdicts } = this.service;
    this.early = staticChecks === undefined ? null : new EarlyChecks(staticChecks, verdicts);
    this.outbox = new Outbox(journal, (error) => this.onJournalError(error));
    network.onFrame((from, frame) => this.onFrame(from, frame));
  }

  private epochOf(
    membership: Parameters<typeof epochOf>[1],
    base: CheckpointCertificate | null,
  ): Epoch {
    const { validators, standbys = [], genesis, scheme, parameters, index } = this.options;
    const keys = [...validators.publicKeys, ...standbys];
    const participants = keys.map((publicKey, i) => ({ publicKey, address: replicaAddress(i) }));
    const { chainId } = genesis;
    return epochOf({ chainId, scheme, parameters, participants, self: index }, membership, base);
  }

  /** Reads the journal and takes part. Calls back once, with the error that keeps it from starting. */
  start(done: (error: Error | null) => void): void {
    this.options.journal.load((error, entries) => {
      if (this.stopped) return;
      const recovered = error ?? recover(entries);
      if (recovered instanceof Error) return done(recovered);
      const problem = this.restore(recovered);
      if (problem !== null) return done(problem);
      const { ranBefore, recordsOf } = recovered;
      if (!ranBefore) {
        this.outbox.write({ puts: [{ key: bootKey, value: new Uint8Array([1]) }], deletes: [] });
      }
      const lost = !ranBefore && this.options.ranBefore;
      const records = recordsOf(this.epoch.number);
      this.begin(lost ? { type: 'diskLost' } : { type: 'recovered', records }, false);
      this.turn();
      done(null);
    });
  }

  /** Takes part no longer: no timer fires, no frame is read, nothing more is sent. */
  stop(): void {
    this.stopped = true;
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
  }

  /** Takes up the newest stable checkpoint, and the epoch that its state says. */
  private restore({ state, changes }: Recovered): Error | null {
    this.changes.push(...changes);
    if (state === null) return null;
    const { sequence, stateDigest } = state.certificate.statement;
    if (!this.service.install(sequence, stateDigest, state.chunks)) {
      return new Error('the state on disk does not give its certified digest');
    }
    const { membership } = this.service;
    if (membership.epoch > 0) {
      const change = changes[membership.epoch - 1];
      if (change === undefined) return new Error(`epoch ${membership.epoch} without its beginning`);
      this.epoch = this.epochOf(membership, change.certificate);
      this.service.court = this.epoch.court;
    }
    return null;
  }

  /** A replica for the present epoch, with its first input and what the state demands of it. */
  private begin(first: Input, behindBase: boolean): void {
    const { signer, behaviour } = this.options;
    const { index, court } = this.epoch;
    this.honest = createReplica({ ...court, index, signer, behindBase });
    this.replica = behaviour === undefined ? this.honest : behaviour(this.honest);
    this.view = 0;
    this.isolated = [];
    this.inputs.push(first);
    this.applyState();
  }

  private onFrame(from: Address, frame: Uint8Array): void {
    if (this.stopped || this.replica === null) return;
    const decoded = decodeFrame(frame);
    if (!decoded.ok) return this.refuse(from, decoded.reason);
    const message = decoded.value;
    const peer = this.epoch.indexOf.get(from);
    if (peer === undefined) return this.onClientMessage(from, message);
    if (message.type === 'epochChange') return this.onEpochChange(from, message);
    if (message.type === 'status' && message.epoch !== this.epoch.number) {
      return this.helpIntoEpoch(from, message.epoch + 1);
    }
    const envelope = outerEnvelope(message);
    if (envelope !== null) {
      const { sender, payload, signature } = envelope;
      if (!this.epoch.court.verify(sender, payload, signature)) {
        return this.refuse(from, `${message.type}: signature of replica ${sender}`);
      }
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
    this.early?.foresee(input);
    this.inputs.push(input);
    if (!this.busy) this.turn();
  }

  private turn(): void {
    this.busy = true;
    for (let next = this.inputs.shift(); next !== undefined; next = this.inputs.shift()) {
      assert(this.replica !== null, 'fed before start');
      const nowMs = this.options.clock.nowMs();
      const { replica } = this;
      const effects = replica.step(next, nowMs);
      this.options.observer.onStep?.(next, effects, nowMs);
      for (const effect of effects) {
        // Where an effect ended the epoch, what its replica still says is sent, and nothing else.
        if (this.replica === replica || effect.type === 'send') this.obey(effect);
      }
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
        return this.outbox.write({
          puts: [recordPut(this.epoch.number, effect.record)],
          deletes: [],
        });
      case 'execute':
        return this.execute(effect);
      case 'reply':
        return this.reply(effect);
      case 'setTimer':
        return this.setTimer(effect.timer, effect.afterMs);
      case 'cancelTimer':
        return this.cancelTimer(effect.timer);
      case 'stable':
        return this.onStable(effect.certificate);
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
    const { addresses, court, index } = this.epoch;
    if (to !== 'others') return this.send(addresses[to] ?? '', message, frame);
    const n = court.validators.publicKeys.length;
    for (let i = 0; i < n; i++) {
      if (i !== index) this.send(addresses[i] ?? '', message, frame);
    }
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

  private execute({ certificate, batch }: EffectOf<'execute'>): void {
    const executed = this.service.execute(certificate, batch);
    const { sequence, timestamp, resultsRoot, stateDigest, results } = executed;
    this.ran.set(sequence, { batch, results });
    this.options.observer.onExecuted?.(executed, this.options.clock.nowMs());
    this.inputs.push({ type: 'executed', sequence, timestamp, resultsRoot, stateDigest });
    this.applyState();
  }

  private reply({ vote }: EffectOf<'reply'>): void {
    const ran = this.ran.get(vote.statement.sequence);
    if (ran === undefined) return; // held back by a villain until nobody remembers the results
    for (const [client, message] of this.replies.answer(vote, this.view, ran.batch, ran.results)) {
      for (const change of this.changes) this.send(client, change, encodeMessage(change));
      this.send(client, message, encodeMessage(message));
    }
  }

  /** The state at a stable checkpoint goes to disk with the record that says so. */
  private onStable(certificate: CheckpointCertificate): void {
    const { sequence } = certificate.statement;
    const chunks = this.service.keepCheckpoint(sequence);
    this.outbox.write(checkpointWrite(this.epoch.number, sequence, chunks));
    const { membership } = this.service;
    if (membership.epoch === this.epoch.number) return;
    // This epoch's last checkpoint: nothing above it has run, so the state is the one certified.
    const proof = this.service.proveMembership();
    assert(proof !== null, 'the state holds no membership');
    const { value, path } = proof;
    this.enterEpoch({ type: 'epochChange', certificate, membership: value, path }, false);
  }

  /** The next epoch begins with a replica of its own; what waited here waits there. */
  private enterEpoch(change: EpochChange, behindBase: boolean): void {
    const waiting = [...(this.honest?.state.pending.values() ?? [])];
    const forgetful = this.honest?.state.recovering !== null;
    const number = this.epoch.number + 1;
    this.changes[number - 1] = change;
    this.outbox.write({ puts: [epochPut(number, change)], deletes: [] });
    this.epoch = this.epochOf(decodeMembership(change.membership), change.certificate);
    this.service.court = this.epoch.court;
    for (const timer of [...this.timers.keys()]) this.cancelTimer(timer);
    this.inputs.length = 0;
    this.begin(forgetful ? { type: 'diskLost' } : { type: 'recovered', records: [] }, behindBase);
    for (const operation of waiting) this.inputs.push({ type: 'request', operation });
    this.options.observer.onEpoch?.(number, this.options.clock.nowMs());
  }

  /** A peer shows that this node's epoch is over. */
  private onEpochChange(from: Address, change: EpochChange): void {
    const reason = rejectEpochChange(change, this.epoch.court);
    if (reason !== null) return this.refuse(from, `epochChange: ${reason}`);
    const { sequence } = change.certificate.statement;
    const executed = this.honest?.state.lastExecuted ?? 0;
    this.enterEpoch(change, executed < sequence || this.honest?.behindBase() === true);
    if (!this.busy) this.turn();
  }

  /** A peer in an older epoch is shown how the next one began. */
  private helpIntoEpoch(to: Address, epoch: number): void {
    const change = this.changes[epoch - 1];
    if (change === undefined || epoch > this.epoch.number) return;
    this.send(to, change, encodeMessage(change));
  }

  private serveChunk({ to, sequence, chunk }: EffectOf<'serveChunk'>): void {
    const chunks = this.service.chunksAt(sequence);
    const bytes = chunks?.[chunk];
    if (!chunks || bytes === undefined) return;
    this.sendMessage(to, { type: 'stateChunk', sequence, chunk, chunks: chunks.length, bytes });
  }

  private install({ certificate, chunks }: EffectOf<'install'>): void {
    const { sequence, stateDigest } = certificate.statement;
    const ok = this.service.install(sequence, stateDigest, chunks);
    this.inputs.push({ type: 'installed', sequence, ok });
    this.applyState();
  }

  /** Evidence is ordered like any request: isolation takes effect at one sequence everywhere. */
  private accuse({ evidence }: EffectOf<'accuse'>): void {
    const operation = isolateOperation(encodeEvidence(evidence));
    if (operation.length > limits.operationBytes) return;
    this.inputs.push({ type: 'request', operation });
    this.sendMessage('others', { type: 'request', operation });
  }

  /** Tells the replica and the readers what the state now says of members and their standing. */
  private applyState(): void {
    const { membership, isolated } = this.service;
    if (membership.epoch !== this.epoch.number) return;
    if (membership.next !== null) {
      this.inputs.push({ type: 'epochEnds', sequence: membership.next.after });
    }
    if (isolated.join() === this.isolated.join()) return;
    this.isolated = isolated;
    this.inputs.push({ type: 'isolated', replicas: isolated });
    this.options.observer.onIsolated?.(isolated, this.options.clock.nowMs());
  }

  /** Without its journal a replica must not vote: it falls silent and says so. */
  private onJournalError(error: Error): void {
    this.options.observer.onJournalError?.(error, this.options.clock.nowMs());
    this.stop();
  }
}
