import { nullBatchDigest } from '../pbft/envelope.ts';
import type {
  Envelope,
  MessageOf,
  NewView,
  PrePrepare,
  PreparedCertificate,
  ReplicaIndex,
  ViewChange,
} from '../pbft/messages.ts';
import type { Behaviour, Effect } from '../pbft/replica.ts';
import { Allowance } from './allowance.ts';
import { around, peersOf, sendEach, sign } from './around.ts';
import type { AdversaryKit } from './kit.ts';

const reports = ['honest', 'forgetful', 'partial', 'amnesiac', 'boastful', 'farAhead'] as const;
const views = ['honest', 'empty', 'nulled', 'retimed', 'shuffled', 'fewVoters'] as const;

/**
 * Keeps quiet as primary so that the view must change, then lies about it, to each receiver in its
 * own way: leaves out what it had prepared, claims what no one prepared, names far views, and as
 * new primary announces headers that do not follow. It may sign any report and any new view; it
 * may not forge the view changes and votes of others inside them.
 */
export function lieInViewChange(kit: AdversaryKit): Behaviour {
  return (honest) => {
    const unprovoked = new Allowance(1, 1);
    let view = 0;
    return around(honest, {
      says(effect) {
        if (effect.type === 'enterView') view = effect.view;
        if (effect.type !== 'send') return [effect];
        const { message } = effect;
        if (message.type === 'prePrepare') return [];
        if (message.type === 'viewChange' && message.vote.sender === kit.index) {
          return sendEach(kit, effect, (to) => misreport(kit, message.vote.statement, to));
        }
        if (message.type === 'newView' && message.vote.sender === kit.index) {
          return sendEach(kit, effect, () => misannounce(kit, message));
        }
        return [effect];
      },
      adds(_input, nowMs): Effect[] {
        if (!unprovoked.take(nowMs)) return [];
        const empty = { type: 'viewChange', stable: null, prepared: [] } as const;
        const vote = sign<ViewChange>(kit, { ...empty, view: view + 1 });
        const to = kit.random.pick(peersOf(kit));
        return [{ type: 'send', to, message: { type: 'viewChange', vote } }];
      },
    });
  };
}

function misreport(
  kit: AdversaryKit,
  truth: ViewChange,
  to: ReplicaIndex,
): MessageOf<'viewChange'> {
  const { random } = kit;
  const report = (lies: Partial<ViewChange>): MessageOf<'viewChange'> => ({
    type: 'viewChange',
    vote: sign(kit, { ...truth, ...lies }),
  });
  switch (random.pick(reports)) {
    case 'honest':
      return report({});
    case 'forgetful':
      return report({ prepared: [] });
    case 'partial':
      return report({ prepared: truth.prepared.filter((_, at) => (at + to) % 2 === 0) });
    case 'amnesiac':
      return report({ stable: null, prepared: [] });
    case 'boastful':
      return report({ prepared: boast(kit, truth) });
    case 'farAhead':
      return report({ view: truth.view + random.between(1, 3 * kit.n) });
  }
}

/** The true certificates and one more, with a header of this villain's and votes of nobody. */
function boast(kit: AdversaryKit, truth: ViewChange): PreparedCertificate[] {
  const last = truth.prepared.at(-1);
  const sequence = (last?.header.statement.sequence ?? truth.stable?.statement.sequence ?? 0) + 1;
  const header = sign<PrePrepare>(kit, {
    type: 'prePrepare',
    // The latest view before the new one that was this villain's to lead; 0 if there was none.
    view: Math.max(0, truth.view - ((((truth.view - kit.index) % kit.n) + kit.n) % kit.n || kit.n)),
    sequence,
    batchDigest: nullBatchDigest,
    timestamp: 0,
  });
  const prepares = peersOf(kit).map((replica) => ({ replica, signature: kit.random.bytes(64) }));
  return [...truth.prepared, { header, prepares }];
}

function misannounce(kit: AdversaryKit, message: MessageOf<'newView'>): MessageOf<'newView'> {
  const { random } = kit;
  const truth = message.vote.statement;
  const announce = (lies: Partial<NewView>): MessageOf<'newView'> => ({
    type: 'newView',
    vote: sign(kit, { ...truth, ...lies }),
  });
  const restate = (change: Partial<PrePrepare>): Envelope<PrePrepare>[] =>
    truth.headers.map((header) => sign(kit, { ...header.statement, ...change }));
  switch (random.pick(views)) {
    case 'honest':
      return message;
    case 'empty':
      return announce({ headers: [] });
    case 'nulled':
      return announce({ headers: restate({ batchDigest: nullBatchDigest, timestamp: 0 }) });
    case 'retimed':
      return announce({ headers: restate({ timestamp: random.between(1, 1_000_000) }) });
    case 'shuffled':
      return announce({ headers: random.shuffle(truth.headers) });
    case 'fewVoters':
      return announce({ viewChanges: truth.viewChanges.slice(1) });
  }
}
