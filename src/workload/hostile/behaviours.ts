import { conflict } from './conflict.ts';
import { flood } from './flood.ts';
import { garbage } from './garbage.ts';
import { halfSend } from './half-send.ts';
import type { HostileBehaviour } from './kit.ts';
import { oneBackup } from './one-backup.ts';
import { poison } from './poison.ts';

/** What hostile clients do, by the names of the scenario format. */
export const hostileBehaviours = {
  conflict,
  halfSend,
  oneBackup,
  flood,
  garbage,
  poison,
} as const satisfies Readonly<Record<string, HostileBehaviour>>;

export type HostileName = keyof typeof hostileBehaviours;

/** One hostile client of a run. */
export interface HostileSpec {
  readonly behaviour: HostileName;
  /** Misdeeds in all. */
  readonly requests: number;
  readonly fromMs: number;
  /** Spread evenly up to here; null: one every hundredth of a second. */
  readonly untilMs: number | null;
}
