import type { Behaviour } from '../pbft/replica.ts';
import { around, sendEach, speaks } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * Hears everything and says nothing to anyone, replica or client; where victims are named, nothing
 * to them alone. It may stay silent for ever; it may not send a single byte of its own, so nothing
 * it does proves a thing.
 */
export function silent(kit: AdversaryKit): Behaviour {
  const { victims } = kit.options ?? {};
  return (honest) =>
    around(honest, {
      says(effect) {
        if (!speaks(effect)) return [effect];
        if (victims === undefined) return [];
        if (effect.type === 'serveChunk') return victims.includes(effect.to) ? [] : [effect];
        if (effect.type !== 'send') return [effect];
        return sendEach(kit, effect, (to) => (victims.includes(to) ? null : effect.message));
      },
    });
}
