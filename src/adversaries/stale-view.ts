import { batchDigest } from '../pbft/envelope.ts';
import type { Message, Operation } from '../pbft/messages.ts';
import type { Behaviour, Effect, Input } from '../pbft/replica.ts';
import { Allowance } from './allowance.ts';
import { around, sign } from './around.ts';
import type { AdversaryKit } from './kit.ts';
import type { Proposal } from './proposals.ts';

/**
 * Lives in the past: votes for views that are over, goes on proposing in a view it once led, and
 * hears of every second new view only. It may sign for views it was in or that came before; it
 * may not claim a view that has not begun.
 */
export function staleView(kit: AdversaryKit): Behaviour {
  return (honest) => {
    const allowance = new Allowance(kit.options?.messagesPerSecond ?? 20, 5);
    let newViews = 0;
    let led: Proposal | null = null;
    return around(honest, {
      hears(input) {
        if (input.type !== 'receive' || input.message.type !== 'newView') return true;
        newViews += 1;
        return newViews % 2 === 0;
      },
      says(effect) {
        if (effect.type !== 'send') return [effect];
        const { message } = effect;
        if (message.type === 'prePrepare' && message.header.sender === kit.index) led = message;
        const stale = backdate(kit, message);
        if (stale === null) return [effect];
        const again: Effect = { type: 'send', to: effect.to, message: stale };
        return kit.random.chance(0.5) ? [again] : [effect, again];
      },
      adds(input, nowMs) {
        const operation = requestIn(input);
        if (operation === null || led === null || !allowance.take(nowMs)) return [];
        led = proposeNext(kit, led, operation);
        return [{ type: 'send', to: 'others', message: led }];
      },
    });
  };
}

function requestIn(input: Input): Operation | null {
  return input.type === 'request' ? input.operation : null;
}

/** The same message of the view before; null where there is none or it is not this villain's. */
function backdate(kit: AdversaryKit, message: Message): Message | null {
  switch (message.type) {
    case 'prepare':
    case 'commit': {
      const { statement } = message.vote;
      if (statement.view === 0) return null;
      const earlier = { ...statement, view: statement.view - 1 };
      return { ...message, vote: sign(kit, earlier) } as Message;
    }
    case 'viewChange': {
      const { statement } = message.vote;
      if (statement.view < 2 || message.vote.sender !== kit.index) return null;
      return { ...message, vote: sign(kit, { ...statement, view: statement.view - 1 }) };
    }
    case 'status':
      return message.view === 0 ? null : { ...message, view: message.view - 1, active: true };
    default:
      return null;
  }
}

/** The slot after the last one this villain proposed, in the same view, over or not. */
function proposeNext(kit: AdversaryKit, last: Proposal, operation: Operation): Proposal {
  const batch = [operation];
  const { statement } = last.header;
  const header = sign(kit, {
    ...statement,
    sequence: statement.sequence + 1,
    batchDigest: batchDigest(batch),
    timestamp: statement.timestamp + 1,
  });
  return { type: 'prePrepare', header, batch };
}
