import type { ReplicaIndex } from '../pbft/messages.ts';
import type { Behaviour, Instant } from '../pbft/replica.ts';
import { behaviours, type VillainName } from './behaviours.ts';
import type { AdversaryKit } from './kit.ts';
import { window } from './window.ts';

/** One line of a scenario's `adversaries`. */
export interface Role {
  readonly replicas: readonly ReplicaIndex[];
  readonly behaviour: VillainName;
  /** From the start of the run. */
  readonly fromMs: number;
  /** null: to the end. */
  readonly untilMs: number | null;
}

/**
 * The part one replica plays: all its roles, the first innermost, each in its own window; null for
 * an honest one. `makeKit` is called once per role. Replicas cast for the same behaviour anywhere
 * in the list conspire. `startMs` is the start of the run, milliseconds since 1970.
 */
export function cast(
  roles: readonly Role[],
  index: ReplicaIndex,
  makeKit: (role: Role, conspirators: readonly ReplicaIndex[]) => AdversaryKit,
  startMs: Instant,
): Behaviour | null {
  const parts: Behaviour[] = [];
  for (const role of roles) {
    if (!role.replicas.includes(index)) continue;
    const kit = makeKit(role, conspiratorsOf(roles, role.behaviour));
    const behaviour = behaviours[role.behaviour](kit);
    parts.push(window(behaviour, role.fromMs, role.untilMs, startMs));
  }
  if (parts.length === 0) return null;
  return (honest) => parts.reduce((replica, part) => part(replica), honest);
}

function conspiratorsOf(roles: readonly Role[], behaviour: VillainName): ReplicaIndex[] {
  const all = roles.filter((role) => role.behaviour === behaviour).flatMap((role) => role.replicas);
  return [...new Set(all)].sort((a, b) => a - b);
}
