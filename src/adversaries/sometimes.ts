import type { Behaviour } from '../pbft/replica.ts';
import type { Villain } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * A villain that plays its part in a share of its steps, by chance, and is honest in the others:
 * harder to tell from a bad link. The honest replica inside is one and the same.
 */
export function sometimes(kit: AdversaryKit, behaviour: Behaviour): Behaviour {
  const share = kit.options?.share ?? 1;
  if (share >= 1) return behaviour;
  return (honest) => {
    const villain: Villain = behaviour(honest);
    return {
      ...(villain.leave === undefined ? {} : { leave: villain.leave }),
      step: (input, nowMs) => (kit.random.chance(share) ? villain : honest).step(input, nowMs),
    };
  };
}
