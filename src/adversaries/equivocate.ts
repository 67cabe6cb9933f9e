import { type Digest, digest } from '../base/digest.ts';
import { headerDigest } from '../pbft/envelope.ts';
import type { MessageOf, ReplicaIndex } from '../pbft/messages.ts';
import type { Behaviour, Effect } from '../pbft/replica.ts';
import { around, peersOf, type Send, sendEach, sign } from './around.ts';
import type { AdversaryKit } from './kit.ts';
import { type Proposal, rewriteProposal, rewrites } from './proposals.ts';
import { Recent, slotKey } from './recent.ts';

/** How the lie is dealt out. */
const patterns = ['halves', 'oddOneOut', 'allDifferent', 'bothToAll'] as const;

/**
 * Tells different replicas different things about one slot. As primary it may propose another
 * batch or another time to each backup, and vote for every one of them before those it told; as
 * backup it may prepare and commit two things at once. It may not sign for anyone else, and what
 * it proposes is well-formed: only the comparison of two messages shows the lie.
 */
export function equivocate(kit: AdversaryKit): Behaviour {
  return (honest) => {
    /** What each backup was told to believe, by slot. */
    const told = new Recent<string, ReadonlyMap<ReplicaIndex, Digest>>(1024);
    return around(honest, {
      says(effect) {
        if (effect.type !== 'send') return [effect];
        const { message } = effect;
        if (message.type === 'prePrepare' && message.header.sender === kit.index) {
          return proposeMany(kit, effect, message, told);
        }
        if (message.type === 'prepare') return [effect, ...prepareTwice(kit, effect, message)];
        if (message.type === 'commit') {
          const beliefs = told.get(slotKey(message.vote.statement));
          return beliefs === undefined
            ? commitTwice(kit, effect, message)
            : commitEach(kit, effect, message, beliefs);
        }
        return [effect];
      },
    });
  };
}

function proposeMany(
  kit: AdversaryKit,
  send: Send,
  proposal: Proposal,
  told: Recent<string, ReadonlyMap<ReplicaIndex, Digest>>,
): Effect[] {
  const key = slotKey(proposal.header.statement);
  // A retransmission must not tell a third story to one who had the second.
  if (told.get(key) !== undefined) return [];
  const { random } = kit;
  const pattern = random.pick(patterns);
  const rewrite = random.pick(rewrites);
  const other = rewriteProposal(kit, proposal, rewrite, 1);
  const order = random.shuffle(peersOf(kit));
  const beliefs = new Map<ReplicaIndex, Digest>();
  const sends: Effect[] = [];
  for (const [position, to] of order.entries()) {
    let message = other;
    if (pattern === 'halves' && position < order.length / 2) message = proposal;
    if (pattern === 'oddOneOut' && position > 0) message = proposal;
    if (pattern === 'allDifferent' && position > 0) {
      message = rewriteProposal(kit, proposal, 'later', position + 1);
    }
    if (pattern === 'bothToAll') sends.push({ type: 'send', to, message: proposal });
    sends.push({ type: 'send', to, message });
    beliefs.set(to, headerDigest(message.header));
  }
  told.set(key, beliefs);
  return send.to === 'others' ? sends : sends.filter((s) => s.type === 'send' && s.to === send.to);
}

/** To each backup the commit that agrees with what it was told. */
function commitEach(
  kit: AdversaryKit,
  send: Send,
  message: MessageOf<'commit'>,
  beliefs: ReadonlyMap<ReplicaIndex, Digest>,
): Send[] {
  return sendEach(kit, send, (to) => {
    const belief = beliefs.get(to);
    if (belief === undefined) return message;
    const vote = sign(kit, { ...message.vote.statement, headerDigest: belief });
    return { type: 'commit', vote };
  });
}

/** Besides the honest prepare, one for a header that no one has seen, to every other replica. */
function prepareTwice(kit: AdversaryKit, send: Send, message: MessageOf<'prepare'>): Send[] {
  const statement = { ...message.vote.statement, headerDigest: inventedDigest(message.vote) };
  const vote = sign(kit, statement);
  return sendEach(kit, send, (to) =>
    to % 2 === 0 ? { type: 'prepare', vote, header: message.header } : null,
  );
}

/** Even replicas get the honest commit, odd ones another, and the last of them both. */
function commitTwice(kit: AdversaryKit, send: Send, message: MessageOf<'commit'>): Send[] {
  const statement = { ...message.vote.statement, headerDigest: inventedDigest(message.vote) };
  const other: MessageOf<'commit'> = { type: 'commit', vote: sign(kit, statement) };
  const last = peersOf(kit).at(-1);
  const sends = sendEach(kit, send, (to) => (to % 2 === 0 ? message : other));
  if (send.to === 'others' && last !== undefined) {
    const twin = last % 2 === 0 ? other : message;
    sends.push({ type: 'send', to: last, message: twin });
  }
  return sends;
}

function inventedDigest(vote: { readonly payload: Uint8Array }): Digest {
  return digest('adversaries/invented', vote.payload);
}
