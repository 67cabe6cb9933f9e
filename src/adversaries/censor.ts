import { requestDigest } from '../pbft/envelope.ts';
import type { Operation } from '../pbft/messages.ts';
import type { Behaviour } from '../pbft/replica.ts';
import { around } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * Turns a deaf ear to one client: its requests are never proposed nor passed on. It may ignore
 * requests; all it says is true and on time, so nothing it does proves a thing. Without a victim
 * named in the kit it picks every fourth request by digest, the same ones for ever.
 */
export function censor(kit: AdversaryKit): Behaviour {
  const isVictim = kit.isVictim ?? everyFourth;
  return (honest) =>
    around(honest, {
      hears(input) {
        if (input.type === 'request') return !isVictim(input.operation);
        if (input.type !== 'receive' || input.message.type !== 'request') return true;
        return !isVictim(input.message.operation);
      },
    });
}

function everyFourth(operation: Operation): boolean {
  return Number.parseInt(requestDigest(operation).slice(0, 2), 16) % 4 === 0;
}
