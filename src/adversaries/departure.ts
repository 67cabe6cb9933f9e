import type { Behaviour, Effect, Input, Instant } from '../pbft/replica.ts';
import { receivers, type Villain } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * Tells, once, when a villain first does otherwise than the honest replica inside it: hears less,
 * at another time or more than once, or says anything else to anyone. Looks on, changes nothing.
 */
export function noticing(
  kit: AdversaryKit,
  behaviour: Behaviour,
  onDeparture: () => void,
): Behaviour {
  return (honest) => {
    let departed = false;
    /** What the honest replica was asked in this step, and all that it answered. */
    let asked: { readonly input: Input; readonly nowMs: Instant }[] = [];
    let answered: Effect[] = [];
    const villain: Villain = behaviour({
      step(input, nowMs) {
        const effects = honest.step(input, nowMs);
        if (departed) return effects;
        asked.push({ input, nowMs });
        answered.push(...effects);
        return effects;
      },
    });
    return {
      ...(villain.leave === undefined ? {} : { leave: villain.leave }),
      step(input, nowMs) {
        if (departed) return villain.step(input, nowMs);
        [asked, answered] = [[], []];
        const effects = villain.step(input, nowMs);
        const [only] = asked;
        const isSameQuestion = asked.length === 1 && only?.input === input && only.nowMs === nowMs;
        departed = !(isSameQuestion && areSame(words(kit, effects), words(kit, answered)));
        if (departed) onDeparture();
        return effects;
      },
    };
  };
}

/** Effects one by one; of each send its receivers and the message, however it names them. */
function words(kit: AdversaryKit, effects: readonly Effect[]): readonly unknown[] {
  return effects.flatMap((effect): readonly unknown[] => {
    if (effect.type !== 'send') return [effect];
    return receivers(kit, effect).flatMap((to) => [to, effect.message]);
  });
}

function areSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((word, i) => word === others[i]);
}
