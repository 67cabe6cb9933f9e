import { decodeFrame } from '../../node/frames.ts';
import type { EvidenceType } from '../../pbft/evidence.ts';
import type { Envelope, Message } from '../../pbft/messages.ts';
import { rejectNewView } from '../../pbft/new-view.ts';
import type { Court, Effect } from '../../pbft/replica.ts';
import { rejectViewChange } from '../../pbft/view-change.ts';
import type { ExecutedBatch } from '../../runtime/observer.ts';

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

/** What a correct replica can judge: votes of the view it is in, between its watermarks. */
interface Reach {
  view: number;
  active: boolean;
  low: number;
  /** Lives so far: a restarted replica holds nothing that it heard before. */
  life: number;
}

const lives = 1024;

/**
 * What liars sent that proves itself, seen from above: every frame that reached a correct replica
 * in time is held against all others that did. Not how replicas find it: they see their own frames
 * only. Speaks of epoch 0, whose indices are those of the processes. Votes of other views, or
 * outside the watermarks, are left out: whoever kept those could be made to keep anything.
 */
export class Misdeeds {
  private readonly adversaries: ReadonlySet<number>;
  private readonly court: Court;
  private readonly sides = new Map<string, Sides>();
  /** By liar and kind: correct replicas that hold a whole proof. */
  private readonly provenAt = new Map<string, Set<number>>();
  private readonly found = new Map<string, Misdeed>();
  /** What a correct replica had after each checkpoint, and what liars voted for. */
  private readonly results = new Map<number, string>();
  private readonly checked = new WeakSet<Uint8Array>();
  private readonly reach: Reach[];
  private messages = 0;
  private nowUs = 0;

  constructor(adversaries: ReadonlySet<number>, court: Court) {
    this.adversaries = adversaries;
    this.court = court;
    this.reach = court.validators.publicKeys.map(() => ({
      view: 0,
      active: true,
      low: 0,
      life: 0,
    }));
  }

  /** `replica` begins another life, or another epoch: of this one nothing more is asked. */
  onSeat(replica: number, epoch: number): void {
    const reach = this.reach[replica];
    if (reach === undefined) return;
    reach.life++;
    reach.view = epoch === 0 ? 0 : Number.POSITIVE_INFINITY;
    reach.active = true;
  }

  /** This moment of a run that is now at `atUs`. */
  momentAt(atUs: number): Moment {
    return { atUs, messages: this.messages };
  }

  onStep(replica: number, effects: readonly Effect[]): void {
    const reach = this.reach[replica];
    if (reach === undefined) return;
    for (const effect of effects) {
      if (effect.type === 'enterView') {
        reach.view = effect.view;
        reach.active = effect.active;
      } else if (effect.type === 'stable') reach.low = effect.certificate.statement.sequence;
    }
  }

  /** Every kind of lie that two correct replicas received parts of. */
  get all(): readonly Misdeed[] {
    return [...this.found.values()];
  }

  onExecuted(replica: number, { sequence, stateDigest, resultsRoot }: ExecutedBatch): void {
    if (this.adversaries.has(replica)) return;
    this.results.set(sequence, `${stateDigest}/${resultsRoot}`);
    this.results.delete(sequence - 1024);
  }

  /** A frame that reached process `to`. */
  onDeliver(to: number, frame: Uint8Array, atUs: number): void {
    if (this.adversaries.has(to) || to >= this.court.validators.publicKeys.length) return;
    this.messages++;
    this.nowUs = atUs;
    const decoded = decodeFrame(frame);
    if (decoded.ok) this.hold(to, decoded.value);
  }

  private hold(to: number, message: Message): void {
    switch (message.type) {
      case 'prePrepare':
        return this.compare(to, message.header, 'conflictingPrePrepare');
      case 'prepare':
        this.compare(to, message.header, 'conflictingPrePrepare');
        return this.compare(to, message.vote, 'conflictingPrepare');
      case 'commit':
        return this.compare(to, message.vote, 'conflictingCommit');
      case 'checkpoint': {
        const { sequence, stateDigest, resultsRoot } = message.vote.statement;
        const truth = this.results.get(sequence);
        const lies = truth !== undefined && truth !== `${stateDigest}/${resultsRoot}`;
        return this.holdLie(to, message.vote, 'divergentResult', () => lies);
      }
      case 'viewChange': {
        const { vote } = message;
        const lies = () => rejectViewChange(vote, this.court) !== null;
        return this.holdLie(to, vote, 'invalidViewChange', lies);
      }
      case 'newView': {
        const { vote } = message;
        return this.holdLie(to, vote, 'invalidNewView', () => {
          return rejectNewView(vote, this.court) !== null;
        });
      }
      default:
    }
  }

  private isSigned({ sender, payload, signature }: Envelope): boolean {
    return this.adversaries.has(sender) && this.court.verify(sender, payload, signature);
  }

  private compare(
    to: number,
    envelope: Envelope<Extract<Envelope['statement'], { view: number; sequence: number }>>,
    type: EvidenceType,
  ): void {
    const { sender, payload, statement } = envelope;
    if (!this.canJudge(to, statement) || !this.isSigned(envelope)) return;
    const key = `${type}/${sender}/${statement.view}/${statement.sequence}`;
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
    if (reach === undefined || !reach.active || reach.view !== view) return false;
    return sequence > reach.low && sequence <= reach.low + this.court.parameters.logWindow;
  }

  private holdLie(to: number, envelope: Envelope, type: EvidenceType, lies: () => boolean): void {
    if (!this.isSigned(envelope)) return;
    if (!this.checked.has(envelope.payload)) {
      if (!lies()) return;
      this.checked.add(envelope.payload);
    }
    if (this.prove(to, envelope.sender, type) >= 2) this.note(envelope.sender, type).whole = true;
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
