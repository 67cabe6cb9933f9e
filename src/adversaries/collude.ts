import { headerDigest } from '../pbft/envelope.ts';
import type { Commit, Envelope, Message, PrePrepare, ReplicaIndex } from '../pbft/messages.ts';
import type { Behaviour, Effect, Input, Instant } from '../pbft/replica.ts';
import { around, type Send, sendEach, sign } from './around.ts';
import { canFork, fork } from './fork.ts';
import type { AdversaryKit } from './kit.ts';
import { type Camps, camps } from './plan.ts';
import { type Proposal, rewriteProposal } from './proposals.ts';
import { Recent, slotKey } from './recent.ts';

/** One slot of a conspirator's view: two truths, the lower digest for the first camp. */
interface Plot {
  readonly proposals: readonly Proposal[];
  /** The one the honest replica inside was shown. */
  readonly shown: string;
}

/** How long a primary waits for its conspirators' votes to be under way before it speaks. */
const patienceMs = 40;

/**
 * Faulty replicas with one plan. Where one of them is primary, it proposes one batch to one half of
 * the rest and another to the other half; all of them vote for both, each half hearing only what it
 * is to believe, and sign whatever results that half arrives at. Where the primary is correct, they
 * commit before one half only. They may share everything they know; they have only their own keys,
 * so that with at most f of them the two halves never both decide. As many as quorums cannot bear
 * fork the log in another way, see {@link fork}.
 */
export function collude(kit: AdversaryKit): Behaviour {
  // Strong enough to need no lie that shows.
  if (canFork(kit)) return fork(kit);
  return (honest) => {
    const cabal = new Cabal(kit);
    return around(honest, {
      hears: (input) => cabal.hears(input),
      says: (effect, nowMs) => cabal.says(effect, nowMs),
      adds: (input, nowMs) => cabal.adds(input, nowMs),
    });
  };
}

class Cabal {
  private readonly kit: AdversaryKit;
  private readonly friends: ReadonlySet<ReplicaIndex>;
  private readonly plots = new Recent<string, Plot>(1024);
  private readonly campsByView = new Recent<number, Camps>(64);
  private readonly echoed = new Recent<string, true>(4096);
  private held: { readonly key: string; readonly sends: readonly Send[]; sinceMs: Instant }[] = [];
  private outbox: Send[] = [];

  constructor(kit: AdversaryKit) {
    this.kit = kit;
    this.friends = new Set([kit.index, ...kit.conspirators]);
  }

  /** The honest replica inside is shown one story only, or it would leave the view in disgust. */
  hears(input: Input): boolean {
    if (input.type !== 'receive') return true;
    const { message } = input;
    if (message.type === 'prePrepare' && this.friends.has(message.header.sender)) {
      return this.learn(message);
    }
    if (message.type === 'prepare' && this.friends.has(message.header.sender)) {
      const plot = this.plots.get(slotKey(message.vote.statement));
      return plot === undefined || plot.shown === headerDigest(message.header);
    }
    return true;
  }

  says(effect: Effect, nowMs: Instant): readonly Effect[] {
    if (effect.type !== 'send') return [effect];
    const { message } = effect;
    switch (message.type) {
      case 'prePrepare':
        if (message.header.sender !== this.kit.index) return [effect];
        return this.propose(effect, message, nowMs);
      case 'prepare':
        return this.plots.get(slotKey(message.vote.statement)) === undefined ? [effect] : [];
      case 'commit':
        return this.commit(effect, message.vote);
      default:
        return [effect];
    }
  }

  adds(input: Input, nowMs: Instant): readonly Effect[] {
    if (input.type === 'receive') {
      this.echo(input.from, input.message);
      this.release(nowMs, this.isAcknowledgement(input.from, input.message));
    } else this.release(nowMs, null);
    const sends = this.outbox;
    this.outbox = [];
    return sends;
  }

  private camps(view: number): Camps {
    let found = this.campsByView.get(view);
    if (found === undefined) {
      found = camps(this.kit, view);
      this.campsByView.set(view, found);
    }
    return found;
  }

  /** As primary: both stories to the conspirators at once, to the camps when these are ready. */
  private propose(send: Send, proposal: Proposal, nowMs: Instant): readonly Effect[] {
    const { view } = proposal.header.statement;
    const key = slotKey(proposal.header.statement);
    let plot = this.plots.get(key);
    if (plot === undefined) {
      const other = rewriteProposal(this.kit, proposal, 'reversed', 1);
      plot = { proposals: inOrder(proposal, other), shown: headerDigest(proposal.header) };
      this.plots.set(key, plot);
    }
    const { proposals } = plot;
    const forCamps = sendEach(this.kit, send, (to) => proposals[this.campOf(view, to)] ?? null);
    const forFriends = proposals.flatMap((message) =>
      sendEach(this.kit, send, (to) => (this.friends.has(to) ? message : null)),
    );
    this.vote(proposals);
    this.held.push({ key, sends: [...forCamps, ...this.outbox], sinceMs: nowMs });
    this.outbox = [];
    if (this.friends.size === 1) this.release(nowMs, key);
    return forFriends;
  }

  /** A conspirator's proposal: true if it is the first of its slot. Votes once both are known. */
  private learn(proposal: Proposal): boolean {
    const key = slotKey(proposal.header.statement);
    const shown = headerDigest(proposal.header);
    const plot = this.plots.get(key);
    const [first] = plot?.proposals ?? [];
    if (plot === undefined || first === undefined) {
      this.plots.set(key, { proposals: [proposal], shown });
      return true;
    }
    if (plot.proposals.length === 1 && headerDigest(first.header) !== shown) {
      const proposals = inOrder(first, proposal);
      this.plots.set(key, { proposals, shown: plot.shown });
      this.vote(proposals);
    }
    return false;
  }

  /** Prepare and commit for both stories without waiting for anyone, each to those it is for. */
  private vote(proposals: readonly Proposal[]): void {
    for (const [camp, { header }] of proposals.entries()) {
      const { view, sequence } = header.statement;
      const slot = { view, sequence, headerDigest: headerDigest(header) };
      const commit: Message = { type: 'commit', vote: sign(this.kit, { type: 'commit', ...slot }) };
      const vote = sign(this.kit, { type: 'prepare', ...slot });
      const prepare: Message = { type: 'prepare', vote, header };
      const leads = header.sender === this.kit.index;
      for (const to of this.camps(view)[camp] ?? []) {
        if (!leads) this.outbox.push({ type: 'send', to, message: prepare });
        this.outbox.push({ type: 'send', to, message: commit });
      }
      // Tells the primary that the votes are under way.
      if (!leads) this.outbox.push({ type: 'send', to: header.sender, message: prepare });
    }
  }

  private commit(effect: Send, vote: Envelope<Commit>): readonly Effect[] {
    const { view } = vote.statement;
    if (this.plots.get(slotKey(vote.statement)) !== undefined) return [];
    return sendEach(this.kit, effect, (to) =>
      this.campOf(view, to) === 1 ? null : effect.message,
    );
  }

  /** 0 or 1; -1 for a conspirator. */
  private campOf(view: number, replica: ReplicaIndex): number {
    return this.camps(view).findIndex((camp) => camp.has(replica));
  }

  /** Signs the result a camp arrived at, for that camp: neither lacks a vote for its belief. */
  private echo(from: ReplicaIndex, message: Message): void {
    if (message.type !== 'checkpoint' || this.friends.has(from)) return;
    const { statement } = message.vote;
    const key = `${from}/${statement.sequence}/${statement.stateDigest}`;
    if (this.echoed.get(key)) return;
    this.echoed.set(key, true);
    const vote = sign(this.kit, statement);
    this.outbox.push({ type: 'send', to: from, message: { type: 'checkpoint', vote } });
  }

  private isAcknowledgement(from: ReplicaIndex, message: Message): string | null {
    if (!this.friends.has(from) || message.type !== 'prepare') return null;
    return slotKey(message.vote.statement);
  }

  private release(nowMs: Instant, key: string | null): void {
    this.held = this.held.filter((plot) => {
      const waits = plot.key !== key && nowMs - plot.sinceMs < patienceMs;
      if (!waits) this.outbox.push(...plot.sends);
      return waits;
    });
  }
}

function inOrder(a: Proposal, b: Proposal): Proposal[] {
  const digestOf = ({ header }: { header: Envelope<PrePrepare> }) => headerDigest(header);
  return digestOf(a) < digestOf(b) ? [a, b] : [b, a];
}
