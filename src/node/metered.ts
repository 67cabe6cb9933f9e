import type { Replica } from '../pbft/replica.ts';
import { type Meter, within } from '../runtime/meter.ts';

/** `replica`, its steps charged to consensus. */
export function metered(replica: Replica, meter: Meter | undefined): Replica {
  if (meter === undefined) return replica;
  return { step: (input, nowMs) => within(meter, 'consensus', () => replica.step(input, nowMs)) };
}
