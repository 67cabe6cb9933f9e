import type { Behaviour } from '../pbft/replica.ts';
import { around, peersOf, sendEach } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * Prepares everything and commits to nothing, or, for every second slot, only before one favourite,
 * who then decides while the rest wait. It may withhold commits and decided slots; it may not alter
 * what it does send.
 */
export function withholdCommits(kit: AdversaryKit): Behaviour {
  const favourite = kit.options?.favourite ?? kit.random.pick(peersOf(kit));
  return (honest) =>
    around(honest, {
      says(effect) {
        if (effect.type !== 'send') return [effect];
        const { message } = effect;
        if (message.type === 'decided') return [];
        if (message.type !== 'commit') return [effect];
        const favoured = message.vote.statement.sequence % 2 === 0;
        return sendEach(kit, effect, (to) => (favoured && to === favourite ? message : null));
      },
    });
}
