import { openFrame } from '../../node/frames.ts';
import { checkCheckpointCertificate } from '../../pbft/certificates.ts';
import { outerEnvelope } from '../../pbft/envelope.ts';
import { type EvidenceType, isOutOfTurn } from '../../pbft/evidence.ts';
import { limits } from '../../pbft/limits.ts';
import type {
  CheckpointCertificate,
  Envelope,
  Message,
  MessageOf,
  NewView,
  ResultStatement,
  ViewChange,
} from '../../pbft/messages.ts';
import { rejectNewView } from '../../pbft/new-view.ts';
import type { Court, Effect, Input } from '../../pbft/replica.ts';
import { rejectViewChange } from '../../pbft/view-change.ts';
import { HeldResults } from './held-results.ts';

/** One liar's lies of one kind in one run, by what reached whom. */
export interface Misdeed {
  readonly replica: number;
  readonly type: EvidenceType;
  /** Two correct replicas held the whole proof, each by itself. */
  whole: boolean;
  /** When its parts had reached two correct replicas. */
  readonly since: Moment;
}

/** A point of a run: microseconds, and messages that had reached correct replicas by then. */
export interface Moment {
  readonly atUs: number;
  readonly messages: number;
}

/** Who received which of two contradictory statements. */
interface Sides {
  readonly first: Uint8Array;
  readonly heardFirst: Set<number>;
  readonly heardOther: Set<number>;
}

/** Slots, votes and the like remembered in one run; floods of lies say nothing new. */
const maxRemembered = 20_000;

/** What a correct replica can judge: votes of its view and the next to it, in its window. */
interface Reach {
  /** It runs, and in epoch 0; until its journal is read it hears nothing. */
  listens: boolean;
  view: number;
  low: number;
  /** Lives so far: a restarted replica holds nothing that it heard before. */
  life: number;
  results: HeldResults;
  /** Whom it listens to no more. */
  isolated: readonly number[];
}

const lives = 1024;

/**
 * What liars sent that proves itself, seen from above: every frame that reached a correct replica
 * in time is held against all others that did. Not how replicas find it: they see their own frames
 * only. Speaks of epoch 0, whose indices are those of the processes. Votes of views farther off, or
 * outside the watermarks, are left out: whoever kept those could be made to keep anything.
 */
export class Misdeeds {
  private readonly adversaries: ReadonlySet<number>;
  private readonly court: Court;
  private readonly n: number;
  private readonly sides = new Map<string, Sides>();
  /** By liar and kind: correct replicas that hold a whole proof. */
  private readonly provenAt = new Map<string, Set<number>>();
  private readonly found = new Map<string, Misdeed>();
  private readonly judged = new WeakMap<Uint8Array, boolean>();
  private readonly reach: Reach[];
  private messages = 0;
  private nowUs = 0;

  constructor(adversaries: ReadonlySet<number>, court: Court) {
    this.adversaries = adversaries;
    this.court = court;
    this.n = court.validators.publicKeys.length;
    this.reach = court.validators.publicKeys.map(() => ({
      listens: false,
      view: 0,
      low: 0,
      life: 0,
      results: new HeldResults(this.n),
      isolated: [],
    }));
  }

  /** `replica` begins another life, or another epoch: of this one nothing more is asked. */
  onSeat(replica: number, epoch: number): void {
    const reach = this.reach[replica];
    if (reach === undefined) return;
    const { life } = reach;
    const fresh = { view: 0, low: 0, results: new HeldResults(this.n), isolated: [] };
    Object.assign(reach, { ...fresh, listens: epoch === 0, life: life + 1 });
  }

  /** `replica` crashed: what reaches its machine before its next life begins reaches nobody. */
  onCrash(replica: number): void {
    const reach = this.reach[replica];
    if (reach !== undefined) reach.listens = false;
  }

  /** The state that `replica` has executed says that these have no voice. */
  onIsolated(replica: number, processes: readonly number[]): void {
    const reach = this.reach[replica];
    if (reach !== undefined) reach.isolated = processes;
  }

  /** The last that it saw of the run. */
  get now(): Moment {
    return this.momentAt(this.nowUs);
  }

  /** This moment of a run that is now at `atUs`. */
  momentAt(atUs: number): Moment {
    return { atUs, messages: this.messages };
  }

  /** What a correct replica knows besides what liars tell it: its own votes, and its journal. */
  onStep(replica: number, input: Input, effects: readonly Effect[], atUs: number): void {
    const reach = this.reach[replica];
    if (reach === undefined || !reach.listens) return;
    this.nowUs = atUs;
    for (const record of input.type === 'recovered' ? input.records : []) {
      if (record.type === 'stable') this.onStable(replica, reach, record.certificate);
    }
    for (const effect of effects) {
      if (effect.type === 'enterView') {
        reach.view = effect.view;
      } else if (effect.type === 'stable') {
        this.onStable(replica, reach, effect.certificate);
      } else if (effect.type === 'send' && effect.message.type === 'checkpoint') {
        const { vote } = effect.message;
        if (vote.sender === replica) this.convict(replica, reach.results.onVote(vote));
      }
    }
  }

  private onStable(replica: number, reach: Reach, certificate: CheckpointCertificate): void {
    reach.low = certificate.statement.sequence;
    this.convict(replica, reach.results.onCertificate(certificate));
    reach.results.forgetBelow(reach.low - this.court.parameters.logWindow);
  }

  /** Every kind of lie that two correct replicas received parts of. */
  get all(): readonly Misdeed[] {
    return [...this.found.values()];
  }

  /** A frame of process `from` that reached process `to`. */
  onDeliver(from: number, to: number, frame: Uint8Array, atUs: number): void {
    const reach = this.reach[to];
    if (this.adversaries.has(to) || reach?.listens !== true) return;
    this.messages++;
    this.nowUs = atUs;
    const letter = openFrame(frame);
    if (typeof letter === 'string') return;
    const signer = outerEnvelope(letter.message)?.sender ?? from;
    if (reach.isolated.includes(from) || reach.isolated.includes(signer)) return;
    this.hold(to, reach, letter.message);
  }

  private hold(to: number, reach: Reach, message: Message): void {
    switch (message.type) {
      case 'prePrepare':
        if (this.holdTurn(to, message.header)) this.compareHeader(to, message.header);
        return;
      case 'prepare':
        return this.holdPrepare(to, message);
      case 'commit':
        if (!this.canJudge(to, message.vote.statement)) return;
        return this.compare(to, message.vote, 'conflictingCommit');
      case 'checkpoint':
        return this.holdResult(to, reach, message.vote);
      case 'stableCheckpoint':
        return this.holdCertificate(to, reach, message.certificate);
      case 'viewChange':
        return this.holdViewChange(to, reach, message.vote);
      case 'newView':
        return this.holdNewView(to, reach, message.vote);
      default:
    }
  }

  private holdViewChange(to: number, reach: Reach, vote: Envelope<ViewChange>): void {
    if (!this.isSigned(vote)) return;
    const lies = this.lies(vote, () => rejectViewChange(vote, this.court) !== null);
    if (lies) return this.holdLie(to, vote, 'invalidViewChange');
    const { stable } = vote.statement;
    if (stable !== null) this.convict(to, reach.results.onCertificate(stable));
  }

  private holdNewView(to: number, reach: Reach, vote: Envelope<NewView>): void {
    if (!this.isSigned(vote)) return;
    const lies = this.lies(vote, () => rejectNewView(vote, this.court) !== null);
    if (lies) return this.holdLie(to, vote, 'invalidNewView');
    for (const { statement } of vote.statement.viewChanges) {
      if (statement.stable === null) continue;
      this.convict(to, reach.results.onCertificate(statement.stable));
    }
  }

  /** The header it quotes is looked at where the vote itself is. */
  private holdPrepare(to: number, { vote, header }: MessageOf<'prepare'>): void {
    if (!this.holdTurn(to, vote) || !this.canJudge(to, vote.statement)) return;
    this.compare(to, vote, 'conflictingPrepare');
    if (this.holdTurn(to, header)) this.compareHeader(to, header);
  }

  /** False for a statement that was not its signer's to make. */
  private holdTurn(to: number, envelope: MessageOf<'prepare'>['vote' | 'header']): boolean {
    if (!isOutOfTurn(envelope, this.n)) return true;
    if (this.isSigned(envelope)) this.holdLie(to, envelope, 'outOfTurn');
    return false;
  }

  private compareHeader(to: number, header: MessageOf<'prePrepare'>['header']): void {
    if (this.canJudge(to, header.statement)) this.compare(to, header, 'conflictingPrePrepare');
  }

  private isSigned({ sender, payload, signature }: Envelope): boolean {
    return this.court.verify(sender, payload, signature);
  }

  private compare(
    to: number,
    envelope: Envelope<Extract<Envelope['statement'], { sequence: number }>>,
    type: EvidenceType,
  ): void {
    const { sender, payload, statement } = envelope;
    if (!this.adversaries.has(sender) || !this.isSigned(envelope)) return;
    const view = 'view' in statement ? statement.view : '';
    const key = `${type}/${sender}/${view}/${statement.sequence}`;
    let sides = this.sides.get(key);
    if (sides === undefined) {
      if (this.sides.size >= maxRemembered) return;
      sides = { first: payload, heardFirst: new Set(), heardOther: new Set() };
      this.sides.set(key, sides);
    }
    const isFirst = Buffer.compare(sides.first, payload) === 0;
    const life = to * lives + (this.reach[to]?.life ?? 0);
    (isFirst ? sides.heardFirst : sides.heardOther).add(life);
    const { heardFirst, heardOther } = sides;
    if (heardOther.size === 0 || new Set([...heardFirst, ...heardOther]).size < 2) return;
    const misdeed = this.note(sender, type);
    if (!heardFirst.has(life) || !heardOther.has(life)) return;
    if (this.prove(to, sender, type) >= 2) misdeed.whole = true;
  }

  private canJudge(to: number, { view, sequence }: { view: number; sequence: number }): boolean {
    const reach = this.reach[to];
    if (reach === undefined || Math.abs(view - reach.view) > 1) return false;
    return sequence > reach.low && sequence <= reach.low + this.court.parameters.logWindow;
  }

  /** Two results contradict each other, and one contradicts what a quorum certified. */
  private holdResult(to: number, reach: Reach, vote: Envelope<ResultStatement>): void {
    const { logWindow, checkpointInterval } = this.court.parameters;
    const { sequence } = vote.statement;
    if (sequence % checkpointInterval !== 0 || !this.isSigned(vote)) return;
    const isOpen = sequence >= reach.low - logWindow && sequence <= reach.low + 2 * logWindow;
    if (isOpen) this.compare(to, vote, 'conflictingResult');
    if (isOpen || reach.results.judges(sequence)) this.convict(to, reach.results.onVote(vote));
  }

  private holdCertificate(to: number, reach: Reach, certificate: CheckpointCertificate): void {
    const { validators, verify, parameters } = this.court;
    const { checkpointInterval } = parameters;
    if (certificate.statement.sequence <= reach.low) return;
    const reason = checkCheckpointCertificate(certificate, checkpointInterval, validators, verify);
    if (reason === null) this.convict(to, reach.results.onCertificate(certificate));
  }

  /** `to` holds what proves that these voted for another result than a quorum. */
  private convict(to: number, senders: readonly number[]): void {
    for (const sender of senders) {
      this.holdProof(to, sender, 'divergentResult');
    }
  }

  /** Judged once, however many receive it. */
  private lies({ payload }: Envelope, judge: () => boolean): boolean {
    const lies = this.judged.get(payload) ?? judge();
    this.judged.set(payload, lies);
    return lies;
  }

  /** A message that is its own proof, if there is room for it in an operation. */
  private holdLie(to: number, { sender, payload }: Envelope, type: EvidenceType): void {
    if (payload.length <= limits.evidencePayloadBytes) this.holdProof(to, sender, type);
  }

  private holdProof(to: number, liar: number, type: EvidenceType): void {
    if (!this.adversaries.has(liar)) return;
    if (this.prove(to, liar, type) >= 2) this.note(liar, type).whole = true;
  }

  private note(replica: number, type: EvidenceType): Misdeed {
    const key = `${replica}/${type}`;
    let misdeed = this.found.get(key);
    if (misdeed === undefined) {
      misdeed = { replica, type, whole: false, since: this.momentAt(this.nowUs) };
      this.found.set(key, misdeed);
    }
    return misdeed;
  }

  /** How many correct replicas hold a whole proof of this kind now. */
  private prove(to: number, liar: number, type: EvidenceType): number {
    const key = `${liar}/${type}`;
    const holders = this.provenAt.get(key) ?? new Set();
    this.provenAt.set(key, holders.add(to));
    return holders.size;
  }
}
