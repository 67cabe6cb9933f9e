import { assert } from '../base/assert.ts';
import type { Digest } from '../base/digest.ts';
import { type EpochChange, rejectEpochChange } from '../ledger/epoch-change.ts';
import { decodeMembership } from '../ledger/membership.ts';
import { createReplica, type HonestReplica } from '../pbft/create.ts';
import { requestDigest } from '../pbft/envelope.ts';
import type { CheckpointCertificate, Message, Operation, ReplicaIndex } from '../pbft/messages.ts';
import type { Effect, Input, Replica } from '../pbft/replica.ts';
import type { Address } from '../runtime/ports.ts';
import { follows, processOf } from '../runtime/seat.ts';
import { Accusations, isOrdered } from './accusations.ts';
import { Arrivals } from './arrivals.ts';
import { rejectOperation } from './brought-by.ts';
import { ClientDoor } from './client-door.ts';
import { EarlyChecks } from './early-checks.ts';
import { courtsOf, type Epoch, epochOf, firstEpoch, membersOf } from './epoch.ts';
import { EpochHistory } from './epoch-history.ts';
import { type Letter, letterIn, openAnew, senderOf } from './frames.ts';
import { holdingsIn } from './holdings.ts';
import { Mail } from './mail.ts';
import { metered } from './metered.ts';
import type { NodeOptions } from './options.ts';
import { mayHaveForgotten } from './other-epoch.ts';
import { Outbox } from './outbox.ts';
import { type ReadmissionVote, voteForReadmission } from './readmission.ts';
import { Replies } from './replies.ts';
import { restore } from './restore.ts';
import { Service } from './service.ts';
import { bootWrite, checkpointWrite, epochPut, recordPut } from './store.ts';
import { TimerSet } from './timer-set.ts';
import { ToldState } from './told-state.ts';
import { keepVigil, type Vigil } from './vigil.ts';
import { type NodeVitals, vitalsOf } from './vitals.ts';

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>;

/**
 * The process around a replica: bytes → decode → verify → step → obey effects. All it knows of the
 * world comes through its ports, so it runs the same in virtual and in real time.
 */
export class Node {
  // First what every frame asks for, side by side: where a process has many nodes each is cold.
  private readonly options: NodeOptions;
  private epoch: Epoch;
  private replica: Replica | null = null;
  /** Null while this node only follows: it hears too little of the others to have an opinion. */
  private vigil: Vigil | null = null;
  private stopped = false;
  private busy = false;
  private readonly heard: NodeOptions['observer']['onHeard'];
  private readonly inputs: Input[] = [];
  private readonly outbox: Outbox;
  private readonly early: EarlyChecks | null;
  private readonly mail: Mail;
  private readonly service: Service;
  private readonly replies = new Replies();
  private readonly door: ClientDoor;
  private readonly arrivals: Arrivals;
  private readonly timers: TimerSet;
  private readonly accusations: Accusations;
  private readonly history = new EpochHistory();
  private honest: HonestReplica | null = null;
  private readonly told = new ToldState();
  private view = 0;

  constructor(options: NodeOptions) {
    this.options = options;
    this.epoch = firstEpoch(options);
    this.heard = options.observer.onHeard?.bind(options.observer);
    this.service = new Service(options, [this.epoch.court]);
    this.early = EarlyChecks.by(options.staticChecks, this.service.verdicts);
    const present = () => ({ seat: this.epoch, state: this.honest?.state ?? null });
    this.accusations = new Accusations(this.service, options.genesis, present);
    this.timers = new TimerSet(options.timers, (timer) => this.feed({ type: 'timeout', timer }));
    this.outbox = new Outbox(options.journal, (error) => this.onJournalError(error));
    this.mail = new Mail(options, this.outbox);
    this.door = new ClientDoor(options, this.replies);
    this.arrivals = new Arrivals(options.endOfTurn, (input) => this.feed(input));
    options.network.onFrame((from, frame) => this.onFrame(from, frame));
  }

  /**
   * Reads the journal and takes part. Calls back once, with the error that keeps it from starting.
   */
  start(done: (error: Error | null) => void): void {
    this.options.journal.load((error, entries) => {
      if (this.stopped) return;
      const restored = error ?? restore(this.options, this.service, entries);
      if (restored instanceof Error) return done(restored);
      const { epoch, ranBefore, recordsOf, changes } = restored;
      this.history.load(changes);
      this.take(epoch);
      if (!ranBefore) this.outbox.write(bootWrite);
      const lost = !ranBefore && this.options.ranBefore;
      const records = recordsOf(epoch.epoch);
      this.begin(lost ? { type: 'diskLost' } : { type: 'recovered', records }, false);
      this.turn();
      done(null);
    });
  }

  /** How much it keeps, by structure; null before it takes part. */
  holdings(): Record<string, number> | null {
    const { honest, replies, inputs, outbox, door } = this;
    return honest && holdingsIn(honest.state, replies, inputs, outbox, door);
  }

  /** Takes part no longer: no timer fires, no frame is read, nothing more is sent. */
  stop(): void {
    this.stopped = true;
    this.mail.stop();
    this.timers.cancelAll();
  }

  /** Its word for taking an isolated member back, on its operator's order; null: it has none. */
  voteForReadmission(process: number): ReadmissionVote | null {
    const standingOf = (replica: ReplicaIndex) => this.service.standing(replica);
    return voteForReadmission(process, standingOf, this.epoch, this.options);
  }

  get vitals(): NodeVitals {
    return vitalsOf(this.epoch, this.honest, this.service, this.vigil);
  }

  private take(epoch: Epoch): void {
    this.epoch = epoch;
    this.service.courts = courtsOf(this.options, this.history, epoch);
  }

  /** A replica for the present epoch, with its first input and what the state demands of it. */
  private begin(first: Input, behindBase: boolean): void {
    const { signer, behaviour, observer, clock, meter } = this.options;
    const { index, court } = this.epoch;
    this.honest = createReplica({ ...court, index, signer, behindBase });
    this.replica = metered(behaviour?.(this.epoch)?.(this.honest) ?? this.honest, meter);
    this.view = 0;
    this.told.begin();
    this.vigil = keepVigil(this.epoch, this.options);
    observer.onSeat?.(this.epoch, clock.nowMs());
    this.inputs.push(first);
    this.applyState();
  }

  private onFrame(from: Address, frame: Uint8Array): void {
    const { epoch, replica } = this;
    if (this.stopped || replica === null) return;
    const known = letterIn(frame);
    const peer = senderOf(known, from, epoch.indexOf);
    if (peer === undefined ? !this.door.admits(from) : this.ignorePeer(peer)) return;
    const letter = known ?? openAnew(frame, this.options.meter);
    if (typeof letter === 'string') return this.refuse(from, letter);
    if (peer === undefined) return this.onClientMessage(from, letter.message);
    // Nearly all that arrives is signed; what is not may be for the node itself, or for nobody.
    if (letter.envelope === null) {
      const { message } = letter;
      if (message.type === 'epochChange') return this.onEpochChange(from, message);
      if (message.type === 'status' && message.epoch !== epoch.epoch) {
        return this.helpIntoEpoch(from, message.epoch + 1);
      }
      if (message.type === 'request' && this.ignoreRequest(from, peer, message.operation)) return;
    }
    if (!letter.isGenuine(epoch.court.verify)) return this.onUnverified(from, letter);
    this.heard?.(peer);
    // Nearly all are votes that nothing follows from: they need no turn.
    const isDue = this.busy || this.vigil?.mustLook() === true;
    if (isDue || replica.counts?.(letter.message) !== true) this.feed(letter.from(peer));
  }

  /** Expelled for a lie, or suspected and sending more than all others do. */
  private ignorePeer(peer: ReplicaIndex): boolean {
    const { expelled } = this.epoch;
    if (expelled.length > 0 && expelled.includes(processOf(this.epoch, peer))) return true;
    return this.vigil?.admits(peer) === false;
  }

  /** Executed here, and the peer comes to it in time: ordering it again would keep it behind. */
  private ignoreRequest(from: Address, peer: ReplicaIndex, operation: Operation): boolean {
    const executedThere = this.honest?.state.peers.get(peer)?.executed ?? 0;
    if (follows(this.epoch)) return true;
    if (this.replies.isPast(requestDigest(operation), executedThere)) return true;
    return this.ignoreAccusation(from, operation);
  }

  /** Evidence that proves nothing is not ordered, whoever brings it. */
  private ignoreAccusation(from: Address, operation: Operation): boolean {
    const accusation = this.accusations.judge(operation);
    if (accusation === 'slander')
      this.refuse(from, 'isolate: the evidence proves nothing', 'slander');
    return !isOrdered(accusation);
  }

  /** A vote of another epoch is no lie; what names a slot or a view of this one is a forgery. */
  private onUnverified(from: Address, { message, envelope }: Letter): void {
    if (envelope === null) return;
    const { sender, statement } = envelope;
    if (this.accusations.mayBeForeign(statement)) return;
    this.refuse(from, `${message.type}: signature of replica ${sender}`);
  }

  private onClientMessage(from: Address, message: Message): void {
    if (message.type !== 'request') return this.refuse(from, `${message.type} from a client`);
    const { operation } = message;
    if (follows(this.epoch)) return; // the members answer, and order it
    const rejected = rejectOperation(operation, this.options.network, from);
    if (rejected !== null) return this.refuse(from, rejected);
    if (this.ignoreAccusation(from, operation)) return;
    const known = this.replies.again(requestDigest(operation), this.view);
    if (known !== null) {
      this.history.forget(from);
      return this.answer(from, known);
    }
    const isPending = (digest: Digest) => this.honest?.state.pending.has(digest) === true;
    if (this.door.takes(from, operation, isPending)) this.arrivals.take(operation);
  }

  private refuse(from: Address, reason: string, offence: 'garbage' | 'slander' = 'garbage'): void {
    this.options.observer.onRefused?.(from, reason, this.options.clock.nowMs());
    const peer = this.epoch.indexOf.get(from);
    if (peer === undefined) this.door.refused(from, offence);
    else this.vigil?.refused(peer, offence);
  }

  /** One turn: this input and all that follow from it; then its writes go to disk together. */
  private feed(input: Input): void {
    if (this.stopped) return;
    this.early?.foresee(input);
    this.inputs.push(input);
    if (!this.busy) this.turn();
  }

  private turn(): void {
    this.busy = true;
    while (this.inputs.length > 0) this.stepOn(this.inputs.shift() as Input);
    this.busy = false;
    this.outbox.flush();
  }

  private stepOn(input: Input): void {
    const { replica } = this;
    assert(replica !== null, 'fed before start');
    const nowMs = this.options.clock.nowMs();
    const effects = replica.step(input, nowMs);
    this.options.observer.onStep?.(input, effects, nowMs);
    this.vigil?.stepped(input, effects);
    for (let i = 0; i < effects.length; i++) {
      const effect = effects[i] as Effect;
      // Where an effect ended the epoch, what its replica still says is sent, and nothing else.
      if (this.replica === replica || effect.type === 'send') this.obey(effect);
    }
    if (input.type === 'executed') this.replies.ran.delete(input.sequence);
    if (input.type === 'isolated') this.inputs.push(...this.accusations.withdrawals());
  }

  private obey(effect: Effect): void {
    switch (effect.type) {
      case 'send':
        return this.mail.toReplicas(this.epoch, effect.to, effect.message, effect.again);
      case 'persist':
        if (effect.record.type === 'stable') return; // written with its state
        return this.outbox.writeRecord(recordPut(this.epoch.epoch, effect.record), effect.later);
      case 'execute':
        return this.execute(effect);
      case 'reply':
        return this.reply(effect);
      case 'setTimer':
        return this.timers.set(effect.timer, effect.afterMs);
      case 'cancelTimer':
        return this.timers.cancel(effect.timer);
      case 'stable':
        return this.onStable(effect.certificate);
      case 'serveChunk':
        return this.serve(effect.to, this.service.stateChunk(effect.sequence, effect.chunk));
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

  private execute({ certificate, batch }: EffectOf<'execute'>): void {
    const executed = this.service.execute(certificate, batch);
    const { sequence, timestamp, resultsRoot, stateDigest, results } = executed;
    this.replies.ran.set(sequence, { batch, results });
    this.options.observer.onExecuted?.(executed, this.options.clock.nowMs());
    this.inputs.push({ type: 'executed', sequence, timestamp, resultsRoot, stateDigest });
    this.applyState();
  }

  private reply({ vote }: EffectOf<'reply'>): void {
    for (const [client, message] of this.replies.answer(vote, this.view)) {
      this.answer(client, message);
    }
  }

  /** A reply, after the epochs that the client must know to judge it. */
  private answer(client: Address, reply: Message): void {
    for (const change of this.history.unseen(client, this.epoch.epoch)) {
      this.mail.send(client, change);
    }
    this.mail.send(client, reply);
  }

  private onStable(certificate: CheckpointCertificate): void {
    const { membership, stateDigest } = this.service;
    const { epoch } = this.epoch;
    // The state may have run ahead of this checkpoint, but never past the last one of the epoch.
    const isLast = membership.epoch > epoch && stateDigest === certificate.statement.stateDigest;
    if (!isLast) return this.keepState(epoch, certificate);
    this.enterEpoch(this.service.epochChange(certificate));
  }

  /** The state at a stable checkpoint goes to disk with the record that says so. */
  private keepState(epoch: number, certificate: CheckpointCertificate): void {
    const changes = this.service.keepCheckpoint(certificate.statement.sequence);
    this.outbox.write(checkpointWrite(epoch, certificate, changes));
  }

  /** The next epoch has a replica of its own; what waited here waits there. All is one write. */
  private enterEpoch(change: EpochChange): void {
    assert(this.honest !== null, 'an epoch follows on another');
    const { pending, recovering } = this.honest.state;
    const { certificate } = change;
    const waiting = [...pending.values()];
    const before = membersOf(this.epoch);
    const forgetful = mayHaveForgotten(recovering, certificate, this.options.parameters);
    this.take(epochOf(this.options, decodeMembership(change.membership), certificate));
    const { epoch } = this.epoch;
    this.history.set(epoch, change);
    this.outbox.write({ puts: [epochPut(epoch, change)], deletes: [] });
    const behindBase = this.service.stateDigest !== certificate.statement.stateDigest;
    if (!behindBase) this.keepState(epoch, certificate);
    this.timers.cancelAll();
    this.inputs.length = 0;
    this.replies.ran.clear();
    this.begin(forgetful ? { type: 'diskLost' } : { type: 'recovered', records: [] }, behindBase);
    for (const operation of waiting.filter((one) => isOrdered(this.accusations.judge(one)))) {
      this.inputs.push({ type: 'request', operation });
    }
    // Who votes from now on learns of it now.
    for (const address of membersOf(this.epoch).filter((member) => !before.includes(member))) {
      this.mail.send(address, change);
    }
  }

  /** A peer shows that this node's epoch is over. */
  private onEpochChange(from: Address, change: EpochChange): void {
    // Several peers show it, each for itself: what is known already is nobody's fault.
    if (change.certificate.statement.epoch !== this.epoch.epoch) return;
    const reason = rejectEpochChange(change, this.epoch.court);
    if (reason !== null) return this.refuse(from, `epochChange: ${reason}`);
    this.enterEpoch(change);
    if (!this.busy) this.turn();
  }

  /** A peer in an older epoch is shown how the next one began. */
  private helpIntoEpoch(to: Address, epoch: number): void {
    const change = epoch > this.epoch.epoch ? null : this.history.beginning(epoch);
    if (change !== null) this.mail.send(to, change);
  }

  private serve(to: ReplicaIndex, message: Message | null): void {
    if (message !== null) this.mail.toReplicas(this.epoch, to, message);
  }

  private install({ certificate, chunks }: EffectOf<'install'>): void {
    const { sequence, stateDigest } = certificate.statement;
    const ok = this.service.install(sequence, stateDigest, chunks);
    // First: the state may say that nothing follows on this checkpoint in this epoch.
    if (ok) this.applyState(sequence);
    this.inputs.push({ type: 'installed', sequence, ok });
    if (ok) this.inputs.push(...this.accusations.skipped());
  }

  /** Evidence is ordered like any request: isolation takes effect at one sequence everywhere. */
  private accuse({ evidence }: EffectOf<'accuse'>): void {
    const operation = this.accusations.requestOf(evidence);
    if (operation === null) return;
    this.inputs.push({ type: 'request', operation });
    this.mail.toReplicas(this.epoch, 'others', { type: 'request', operation });
  }

  /** Tells of members and their standing; `installed`: the sequence of a state taken over. */
  private applyState(installed: number | null = null): void {
    const { inputs, convicted } = this.told.news(this.service, this.epoch, installed);
    this.inputs.push(...inputs);
    if (convicted === null) return;
    this.options.observer.onIsolated?.(convicted, this.options.clock.nowMs());
  }

  /** Without its journal a replica must not vote: it falls silent and says so. */
  private onJournalError(error: Error): void {
    this.options.observer.onJournalError?.(error, this.options.clock.nowMs());
    this.stop();
  }
}
