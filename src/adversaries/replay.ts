import type { Message } from '../pbft/messages.ts';
import type { Behaviour, Effect } from '../pbft/replica.ts';
import { Allowance } from './allowance.ts';
import { around, peersOf } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/** Messages kept for later, spread over the whole run by reservoir sampling. */
const kept = 256;

/**
 * Says everything again, later: its own messages and those of others, to anyone and in any order.
 * It may repeat what it sent or was sent, byte for byte; it may not make up a new message.
 */
export function replay(kit: AdversaryKit): Behaviour {
  return (honest) => {
    const { random } = kit;
    const allowance = new Allowance(kit.options?.messagesPerSecond ?? 100, 20);
    const memory: Message[] = [];
    let seen = 0;
    const remember = (message: Message): void => {
      seen += 1;
      if (memory.length < kept) memory.push(message);
      else {
        // Vitter's algorithm R: each message so far stays with equal chance.
        const at = random.below(seen);
        if (at < kept) memory[at] = message;
      }
    };
    return around(honest, {
      says(effect) {
        if (effect.type === 'send') remember(effect.message);
        return [effect];
      },
      adds(input, nowMs) {
        if (input.type === 'receive') remember(input.message);
        const sends: Effect[] = [];
        while (memory.length > 0 && sends.length < 4 && allowance.take(nowMs)) {
          const message = random.pick(memory);
          const to = random.chance(0.25) ? 'others' : random.pick(peersOf(kit));
          sends.push({ type: 'send', to, message });
        }
        return sends;
      },
    });
  };
}
