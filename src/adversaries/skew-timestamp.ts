import type { Behaviour, Input } from '../pbft/replica.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * As primary, proposes times that are not now: mostly just inside the clock skew that backups
 * accept, to and fro, and once in a while outside of it. It may name any time in its own headers;
 * it judges the times of others honestly, and it may not move anyone's clock.
 */
export function skewTimestamp(kit: AdversaryKit): Behaviour {
  const limitMs = kit.parameters.maxClockSkewMs;
  const skewsMs =
    kit.options?.skewMs === undefined
      ? [limitMs, -limitMs].flatMap((ms) => [0.9 * ms, 0.9 * ms, 0.5 * ms, 1.5 * ms])
      : [kit.options.skewMs, -kit.options.skewMs];
  return (honest) => ({
    step(input, nowMs) {
      // A proposal is made of the time its step is given, so the honest replica inside believes
      // what it proposes and goes on from there.
      const skewMs = judgesTime(input) ? 0 : Math.round(kit.random.pick(skewsMs));
      return honest.step(input, Math.max(0, nowMs + skewMs));
    },
  });
}

function judgesTime(input: Input): boolean {
  if (input.type !== 'receive') return false;
  const { type } = input.message;
  return type === 'prePrepare' || type === 'newView' || type === 'batch' || type === 'decided';
}
