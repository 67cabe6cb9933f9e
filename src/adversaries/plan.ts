import { Random } from '../base/random.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import type { AdversaryKit } from './kit.ts';

/** Two halves of the replicas that are in on nothing; each is to believe another story. */
export type Camps = readonly [ReadonlySet<ReplicaIndex>, ReadonlySet<ReplicaIndex>];

/**
 * The camps of one chapter (a view, a span of time), drawn from the common seed: conspirators in
 * different processes draw the same ones. The first camp has the odd one.
 */
export function camps(kit: AdversaryKit, chapter: string | number): Camps {
  const outsiders: ReplicaIndex[] = [];
  for (let replica = 0; replica < kit.n; replica++) {
    if (replica !== kit.index && !kit.conspirators.includes(replica)) outsiders.push(replica);
  }
  const order = new Random(`${kit.planSeed}/camps/${chapter}`).shuffle(outsiders);
  const half = Math.ceil(order.length / 2);
  return [new Set(order.slice(0, half)), new Set(order.slice(half))];
}
