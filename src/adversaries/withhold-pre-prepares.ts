import { maxFaulty } from '../pbft/quorum.ts';
import type { Behaviour } from '../pbft/replica.ts';
import { around, peersOf, sendEach } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * As primary, keeps its proposals and their batches from some backups: f fixed ones, so that the
 * others can go on without them, and at every fourth slot from all but one, so that nobody can. It
 * may leave out receivers; those it does tell hear the truth. With victims named, from these alone.
 */
export function withholdPrePrepares(kit: AdversaryKit): Behaviour {
  const order = kit.random.shuffle(peersOf(kit));
  const { victims } = kit.options ?? {};
  const starved = new Set(victims ?? order.slice(0, Math.max(1, maxFaulty(kit.n))));
  const confidant = order.at(-1);
  return (honest) =>
    around(honest, {
      says(effect) {
        if (effect.type !== 'send') return [effect];
        const { message } = effect;
        if (message.type === 'batch') {
          return sendEach(kit, effect, (to) => (starved.has(to) ? null : message));
        }
        if (message.type !== 'prePrepare') return [effect];
        const isFourth = message.header.statement.sequence % 4 === 0;
        const blockade = isFourth && victims === undefined;
        return sendEach(kit, effect, (to) =>
          (blockade ? to === confidant : !starved.has(to)) ? message : null,
        );
      },
    });
}
