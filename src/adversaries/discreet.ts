import type { Behaviour } from '../pbft/replica.ts';
import { around } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * The honest replica inside would accuse its own wrapper: it sees its key sign what it never said.
 * A villain tells on neither itself nor its conspirators.
 */
export function discreet(kit: AdversaryKit, behaviour: Behaviour): Behaviour {
  const friends = new Set([kit.index, ...kit.conspirators]);
  return (honest) =>
    around(behaviour(honest), {
      says(effect) {
        if (effect.type === 'accuse' && friends.has(effect.evidence.accused)) return [];
        if (effect.type === 'strike' && friends.has(effect.replica)) return [];
        return [effect];
      },
    });
}
