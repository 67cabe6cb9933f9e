import type { Behaviour } from '../pbft/replica.ts';
import { around, speaks } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * Hears everything and says nothing to anyone, replica or client. It may stay silent for ever; it
 * may not send a single byte, so nothing it does proves a thing.
 */
export function silent(_kit: AdversaryKit): Behaviour {
  return (honest) => around(honest, { says: (effect) => (speaks(effect) ? [] : [effect]) });
}
