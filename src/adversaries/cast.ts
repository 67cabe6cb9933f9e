import { assert } from '../base/assert.ts';
import type { ReplicaIndex } from '../pbft/messages.ts';
import type { Behaviour, Instant } from '../pbft/replica.ts';
import { behaviours, type MakeBehaviour, type VillainName } from './behaviours.ts';
import { noticing } from './departure.ts';
import { discreet } from './discreet.ts';
import type { AdversaryKit, VillainOptions } from './kit.ts';
import { window } from './window.ts';

/** As a scenario says it: replicas by process, and the victim of `censor` by its number. */
export interface RoleOptions extends VillainOptions {
  readonly client?: number;
}

/** One line of a scenario's `adversaries`. */
export interface Role {
  readonly replicas: readonly ReplicaIndex[];
  /** `own`: what {@link make} makes, brought by a program; no file can say it. */
  readonly behaviour: VillainName | 'own';
  readonly make?: MakeBehaviour;
  readonly options?: RoleOptions;
  /** From the start of the run. */
  readonly fromMs: number;
  /** null: to the end. */
  readonly untilMs: number | null;
}

/**
 * The part one replica plays: all its roles, the first innermost, each in its own window; null for
 * an honest one. `makeKit` is called once per role. Replicas cast for the same behaviour anywhere
 * in the list conspire. `startMs` is the start of the run, milliseconds since 1970. `onDeparture`
 * is told, once for each role, when it is the first time not played as an honest replica would.
 */
export function cast(
  roles: readonly Role[],
  index: ReplicaIndex,
  makeKit: (role: Role, conspirators: readonly ReplicaIndex[]) => AdversaryKit,
  startMs: Instant,
  onDeparture: (role: Role) => void = () => {},
): Behaviour | null {
  const parts: Behaviour[] = [];
  for (const role of roles) {
    if (!role.replicas.includes(index)) continue;
    const kit = makeKit(role, conspiratorsOf(roles, role.behaviour));
    const part = noticing(kit, behaviourOf(role, kit), () => onDeparture(role));
    parts.push(window(part, role.fromMs, role.untilMs, startMs));
  }
  if (parts.length === 0) return null;
  return (honest) => parts.reduce((replica, part) => part(replica), honest);
}

function behaviourOf({ behaviour, make }: Role, kit: AdversaryKit): Behaviour {
  if (behaviour !== 'own') return behaviours[behaviour](kit);
  assert(make !== undefined, "a behaviour of one's own comes with how it is made");
  return discreet(kit, make(kit));
}

function conspiratorsOf(roles: readonly Role[], behaviour: Role['behaviour']): ReplicaIndex[] {
  const all = roles.filter((role) => role.behaviour === behaviour).flatMap((role) => role.replicas);
  return [...new Set(all)].sort((a, b) => a - b);
}
