import { toHex } from '../base/bytes.ts';
import type { Message } from '../pbft/messages.ts';
import type { Behaviour, Effect } from '../pbft/replica.ts';
import { Allowance } from './allowance.ts';
import { around, peersOf, sign } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/** Added after one step at most, so that a flood comes in waves. */
const perStep = 32;

/**
 * Drowns the others in messages that are well-formed and worthless: questions that cost an answer,
 * votes for slots that are not open, requests nobody can use. It may send as much as its rate
 * allows (400 a second by default) and sign it; it may not break the protocol's other rules.
 */
export function flood(kit: AdversaryKit): Behaviour {
  return (honest) => {
    const allowance = new Allowance(kit.options?.messagesPerSecond ?? 400, perStep);
    let view = 0;
    let executed = 0;
    return around(honest, {
      says(effect) {
        if (effect.type === 'enterView') view = effect.view;
        return [effect];
      },
      adds(input, nowMs) {
        if (input.type === 'executed') executed = input.sequence;
        const sends: Effect[] = [];
        while (sends.length < perStep && allowance.take(nowMs)) {
          const to = kit.random.pick(peersOf(kit));
          sends.push({ type: 'send', to, message: junk(kit, view, executed) });
        }
        return sends;
      },
    });
  };
}

function junk(kit: AdversaryKit, view: number, executed: number): Message {
  const { random } = kit;
  // Outside any window, so that no vote here contradicts one of its own.
  const { logWindow } = kit.parameters;
  const sequence = executed + 3 * logWindow + random.between(1, logWindow);
  const headerDigest = toHex(random.bytes(32));
  switch (random.below(8)) {
    case 0:
      return { type: 'request', operation: random.bytes(random.between(1, 512)) };
    case 1:
      return { type: 'status', epoch: 0, view: 0, active: true, stableCheckpoint: 0, executed: 0 };
    case 2:
      return { type: 'fetchBatch', batchDigest: headerDigest };
    case 3:
      return { type: 'fetchState', sequence: executed, chunk: random.below(8) };
    case 4:
      return { type: 'batch', batch: [random.bytes(256)] };
    case 5: {
      const statement = { type: 'viewChange', view: view + random.between(1, 1000) } as const;
      return { type: 'viewChange', vote: sign(kit, { ...statement, stable: null, prepared: [] }) };
    }
    default:
      return {
        type: 'commit',
        vote: sign(kit, { type: 'commit', view, sequence, headerDigest }),
      };
  }
}
