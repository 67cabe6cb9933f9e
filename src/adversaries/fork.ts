import { headerDigest } from '../pbft/envelope.ts';
import { decodeMessage, encodeMessage } from '../pbft/message-codec.ts';
import type { Envelope, Message, MessageOf, ReplicaIndex, ViewChange } from '../pbft/messages.ts';
import { quorum } from '../pbft/quorum.ts';
import type { Behaviour, Effect, Input, Instant, Replica } from '../pbft/replica.ts';
import { type Send, sign } from './around.ts';
import type { AdversaryKit } from './kit.ts';
import { type Camps, camps } from './plan.ts';
import type { Proposal } from './proposals.ts';

/** Batches run honestly in a view before it is forked: nobody then looks left behind at once. */
const honestBatches = 2;
/** A fork that led nowhere by then is given up, and tried again. */
const patienceMs = 3_000;
/** At least so long between the last vote seen and the certainty that it was counted. */
const shortestWaitMs = 2;

/** One sequence number that is to be decided twice. */
interface Plot {
  readonly view: number;
  readonly sequence: number;
  readonly digest: string;
  /** The view in which the second camp decides, led by a conspirator. */
  readonly target: number;
  readonly camps: Camps;
  readonly sinceMs: Instant;
  /** Members of the first camp that committed. */
  readonly committed: Set<ReplicaIndex>;
  dueMs: Instant | null;
  /** How long a message takes, by what was seen of the first camp. */
  hopMs: number;
}

/** True when two camps of the others, each with all conspirators, are a quorum each. */
export function canFork({ n, index, conspirators }: AdversaryKit): boolean {
  const strength = new Set([index, ...conspirators]).size;
  return strength >= 2 * quorum(n) - n;
}

/**
 * What more than f conspirators do where quorums no longer protect anybody. A primary among them
 * shows a batch to the first camp alone and all vote for it there, so that it is decided; then all
 * leave for a view that one of them leads, which f+1 of them make everybody do, and forget that
 * anything was prepared. The new primary builds its view on the second camp's word and theirs, and
 * orders something else at the same sequence. They sign no contradiction, cut no link and delay
 * nobody's messages: with f of them the first step or the last falls short of a quorum.
 */
export function fork(kit: AdversaryKit): Behaviour {
  return (honest) => {
    const plan = new ForkPlan(kit, honest);
    return {
      step(input, nowMs) {
        const effects: Effect[] = [];
        if (plan.hears(input, nowMs)) {
          for (const effect of honest.step(input, nowMs)) effects.push(...plan.says(effect, nowMs));
        }
        effects.push(...plan.acts(nowMs));
        return effects;
      },
    };
  };
}

/** What would tell the others too soon that this one leaves. */
function isEarlyWord(effect: Effect, target: number): boolean {
  if (effect.type !== 'send') return false;
  const { message } = effect;
  if (message.type === 'viewChange') return message.vote.statement.view < target;
  return message.type === 'complaint';
}

class ForkPlan {
  private readonly kit: AdversaryKit;
  private readonly honest: Replica;
  private readonly friends: ReadonlySet<ReplicaIndex>;
  private plot: Plot | null = null;
  private view = 0;
  private active = true;
  private executedInView = 0;
  private outbox: Send[] = [];
  private held: Send[] = [];
  private heldUntilMs: Instant | null = null;

  constructor(kit: AdversaryKit, honest: Replica) {
    this.kit = kit;
    this.honest = honest;
    this.friends = new Set([kit.index, ...kit.conspirators]);
  }

  /** False for what the honest replica inside is not to know. */
  hears(input: Input, nowMs: Instant): boolean {
    if (input.type === 'executed') this.executedInView++;
    if (input.type !== 'receive') return true;
    const { from, message } = input;
    if (message.type === 'batch' && this.friends.has(from)) return !this.learn(message, nowMs);
    const { plot } = this;
    if (plot === null) return true;
    switch (message.type) {
      case 'commit':
        this.countCommit(plot, message, nowMs);
        return !this.isOfPlot(plot, message.vote.statement);
      case 'prepare':
        return !this.isOfPlot(plot, message.vote.statement);
      case 'decided':
        return message.certificate.header.statement.sequence < plot.sequence;
      case 'viewChange':
        return !this.isUnwelcome(plot, message.vote);
      default:
        return true;
    }
  }

  says(effect: Effect, nowMs: Instant): readonly Effect[] {
    if (effect.type === 'enterView') this.onView(effect.view, effect.active);
    if (effect.type !== 'send' || effect.message.type !== 'prePrepare') return [effect];
    const { message } = effect;
    const { sender, statement } = message.header;
    if (sender !== this.kit.index || statement.view !== this.view) return [effect];
    if (this.plot === null && effect.to === 'others') this.begin(message, nowMs);
    const { plot } = this;
    if (plot === null) return [effect];
    if (plot.view !== this.view) return this.hold(effect, plot, nowMs);
    if (effect.to !== 'others') return plot.camps[0].has(effect.to) ? [effect] : [];
    return this.propose(plot, message);
  }

  /** What is due, besides what the honest replica inside does. */
  acts(nowMs: Instant): readonly Effect[] {
    const effects: Effect[] = this.outbox;
    this.outbox = [];
    const { plot } = this;
    if (this.heldUntilMs !== null && nowMs >= this.heldUntilMs) {
      effects.push(...this.held);
      this.held = [];
      this.heldUntilMs = null;
    }
    if (plot === null) return [...effects, ...this.seekFriend(nowMs)];
    if (nowMs - plot.sinceMs > patienceMs || this.view > plot.target) this.plot = null;
    else if (plot.dueMs !== null && nowMs >= plot.dueMs && this.view < plot.target) {
      plot.dueMs = null;
      effects.push(...this.leave(plot.target, nowMs));
    }
    return effects;
  }

  /** A proposal in a view that began just now waits until everybody is in it. */
  private hold(send: Send, plot: Plot, nowMs: Instant): readonly Effect[] {
    if (send.to !== 'others') return [send];
    this.heldUntilMs ??= nowMs + plot.hopMs;
    this.held.push(send);
    return [];
  }

  /** Under a correct primary there is nothing to fork: on to a view that one of them leads. */
  private seekFriend(nowMs: Instant): readonly Effect[] {
    const leads = this.friends.has(this.view % this.kit.n);
    if (leads || !this.active || this.executedInView < honestBatches) return [];
    return this.leave(this.nextLed(this.view), nowMs);
  }

  /** The next view after this one whose primary is a conspirator. */
  private nextLed(view: number): number {
    let next = view + 1;
    while (!this.friends.has(next % this.kit.n)) next++;
    return next;
  }

  private onView(view: number, active: boolean): void {
    if (view !== this.view) this.executedInView = 0;
    this.view = view;
    this.active = active;
  }

  private begin({ header }: Proposal, nowMs: Instant): void {
    if (this.executedInView < honestBatches || !this.active) return;
    this.plot = this.plotOf(header, nowMs);
  }

  private plotOf(header: Proposal['header'], sinceMs: Instant): Plot {
    const { view, sequence } = header.statement;
    return {
      view,
      sequence,
      digest: headerDigest(header),
      target: this.nextLed(view),
      camps: camps(this.kit, `fork/${view}`),
      sinceMs,
      committed: new Set(),
      dueMs: null,
      hopMs: shortestWaitMs,
    };
  }

  /** As primary: to the first camp with a vote; to friends inside bytes that only they look at. */
  private propose(plot: Plot, proposal: Proposal): readonly Effect[] {
    const secret: Message = { type: 'batch', batch: [encodeMessage(proposal)] };
    const sends: Effect[] = [];
    for (const to of plot.camps[0]) sends.push({ type: 'send', to, message: proposal });
    for (const to of this.friends) {
      if (to !== this.kit.index) sends.push({ type: 'send', to, message: secret });
    }
    this.vote(plot, proposal);
    return sends;
  }

  /** A friend's secret proposal: true if it is one. */
  private learn({ batch }: MessageOf<'batch'>, nowMs: Instant): boolean {
    const [bytes] = batch;
    const decoded = batch.length === 1 && bytes !== undefined ? decodeMessage(bytes) : null;
    if (!decoded?.ok || decoded.value.type !== 'prePrepare') return false;
    const { header } = decoded.value;
    if (!this.friends.has(header.sender) || header.statement.view !== this.view) return false;
    const { sequence } = header.statement;
    // The first of them may come last.
    if (this.plot === null || sequence < this.plot.sequence) this.plot = this.plotOf(header, nowMs);
    this.vote(this.plot, decoded.value);
    return true;
  }

  /** Prepare and commit at once, before the first camp alone. */
  private vote(plot: Plot, { header }: Proposal): void {
    const { view, sequence } = header.statement;
    const slot = { view, sequence, headerDigest: headerDigest(header) };
    const commit: Message = { type: 'commit', vote: sign(this.kit, { type: 'commit', ...slot }) };
    const prepare = sign(this.kit, { type: 'prepare', ...slot });
    for (const to of plot.camps[0]) {
      if (header.sender !== this.kit.index) {
        this.outbox.push({ type: 'send', to, message: { type: 'prepare', vote: prepare, header } });
      }
      this.outbox.push({ type: 'send', to, message: commit });
    }
  }

  private isOfPlot(plot: Plot, slot: { view: number; sequence: number }): boolean {
    return slot.view === plot.view && slot.sequence >= plot.sequence;
  }

  /** The first camp has decided when each of its members has heard the others' commits. */
  private countCommit(plot: Plot, { vote }: MessageOf<'commit'>, nowMs: Instant): void {
    if (vote.statement.headerDigest !== plot.digest || !plot.camps[0].has(vote.sender)) return;
    plot.committed.add(vote.sender);
    if (plot.committed.size < plot.camps[0].size || plot.dueMs !== null) return;
    plot.hopMs = Math.max(shortestWaitMs, (nowMs - plot.sinceMs) / 2);
    plot.dueMs = nowMs + plot.hopMs;
  }

  /** The first camp's word on what was prepared would put it into the new view. */
  private isUnwelcome(plot: Plot, vote: Envelope<ViewChange>): boolean {
    return plot.camps[0].has(vote.sender) && vote.statement.view === plot.target;
  }

  /** Makes the honest replica inside want the target view; only that last word leaves. */
  private leave(target: number, nowMs: Instant): readonly Effect[] {
    const effects: Effect[] = [];
    for (let left = target - this.view; left > 0 && this.view < target; left--) {
      for (const input of this.pretexts()) {
        for (const effect of this.honest.step(input, nowMs)) {
          if (!isEarlyWord(effect, target)) effects.push(...this.says(effect, nowMs));
        }
      }
    }
    return effects;
  }

  /** What makes the honest replica inside leave its view: that everybody would, or its timer. */
  private pretexts(): readonly Input[] {
    if (!this.active) return [{ type: 'timeout', timer: 'viewChange' }];
    const { n, index, epoch } = this.kit;
    const message = { type: 'complaint', epoch, view: this.view } as const;
    const others = [...new Array(n).keys()].filter((from) => from !== index);
    return others.map((from) => ({ type: 'receive', from, message }));
  }
}
