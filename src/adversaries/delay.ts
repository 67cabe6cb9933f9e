import type { Behaviour, Effect, Instant } from '../pbft/replica.ts';
import { around } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/** Beyond this many held messages the oldest leaves early. */
const maxHeld = 4096;

/**
 * Holds each message back: by default for up to four fifths of the request timeout, the primary
 * that crawls just below it. It may slow and, by drawing a delay for each message, reorder; it may
 * not drop, alter or invent. Held messages leave with the first step after their time, since a
 * villain has no timer of its own, and all of them when its part is over; replies to clients
 * belong to the step of their batch and are not held.
 */
export function delay(kit: AdversaryKit): Behaviour {
  const delayMs = kit.options?.delayMs ?? Math.floor(kit.parameters.requestTimeoutMs * 0.8);
  return (honest) => {
    let held: { readonly effect: Effect; readonly dueMs: Instant }[] = [];
    const release = (nowMs: Instant): Effect[] => {
      const surplus = held.length - maxHeld;
      const due = held.filter(({ dueMs }, index) => dueMs <= nowMs || index < surplus);
      held = held.filter(({ dueMs }, index) => dueMs > nowMs && index >= surplus);
      return due.map(({ effect }) => effect);
    };
    return around(honest, {
      says(effect, nowMs) {
        if (effect.type !== 'send' && effect.type !== 'serveChunk') return [effect];
        const waitMs = kit.random.between(Math.floor(delayMs / 2), delayMs);
        held.push({ effect, dueMs: nowMs + waitMs });
        return [];
      },
      adds: (_input, nowMs) => release(nowMs),
      leave: () => held.splice(0).map(({ effect }) => effect),
    });
  };
}
