import type { Behaviour, Instant } from '../pbft/replica.ts';
import type { Villain } from './around.ts';

/**
 * Confines a villain to a span of its run: before `fromMs` and from `untilMs` on (null: never) it
 * is honest. Both count from `startMs`, milliseconds since 1970, on the replica's own clock. The
 * honest replica inside is one and the same throughout, so it knows afterwards what it did. What
 * the villain held back leaves with the first step after the end.
 */
export function window(
  behaviour: Behaviour,
  fromMs: number,
  untilMs: number | null,
  startMs: Instant,
): Behaviour {
  return (honest) => {
    const villain: Villain = behaviour(honest);
    let owes = false;
    return {
      step(input, nowMs) {
        const atMs = nowMs - startMs;
        const active = atMs >= fromMs && (untilMs === null || atMs < untilMs);
        const owed = owes && !active ? (villain.leave?.() ?? []) : [];
        owes = active;
        const effects = (active ? villain : honest).step(input, nowMs);
        return owed.length === 0 ? effects : [...owed, ...effects];
      },
    };
  };
}
