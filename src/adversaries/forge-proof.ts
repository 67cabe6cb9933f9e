import { utf8 } from '../base/bytes.ts';
import { digest } from '../base/digest.ts';
import type { Operation } from '../pbft/messages.ts';
import type { Behaviour, Effect, Input } from '../pbft/replica.ts';
import { Allowance } from './allowance.ts';
import type { AdversaryKit } from './kit.ts';
import { claimResults } from './results.ts';

/**
 * Asks for what nobody asked: slips forged requests, real ones with some bytes changed, into the
 * order, and signs results that call the forgeries valid. It may propose any bytes and claim any
 * result; it may not make a request that a node key signed.
 */
export function forgeProof(kit: AdversaryKit): Behaviour {
  return (honest) => {
    const allowance = new Allowance(kit.options?.messagesPerSecond ?? 20, 10);
    const claim = (effects: readonly Effect[]): Effect[] =>
      effects.flatMap((effect) =>
        claimResults(kit, effect, ({ sequence }) => ({ resultsRoot: forgedRoot(kit, sequence) })),
      );
    return {
      step(input, nowMs) {
        const effects = claim(honest.step(input, nowMs));
        const model = requestIn(input);
        if (model === null || !allowance.take(nowMs)) return effects;
        const forgery: Input = { type: 'request', operation: forge(kit, model) };
        return [...effects, ...claim(honest.step(forgery, nowMs))];
      },
    };
  };
}

function requestIn(input: Input): Operation | null {
  if (input.type === 'request') return input.operation;
  if (input.type !== 'receive' || input.message.type !== 'request') return null;
  return input.message.operation;
}

/** One to four bytes of a real request changed, in a copy: what came off a wire is a view of it. */
function forge(kit: AdversaryKit, model: Operation): Operation {
  const { random } = kit;
  const forged = model.length === 0 ? random.bytes(64) : Uint8Array.from(model);
  for (let left = random.between(1, 4); left > 0; left--) {
    const at = random.below(forged.length);
    forged[at] = ((forged[at] ?? 0) + random.between(1, 255)) % 256;
  }
  return forged;
}

/** Equal for all that follow one plan: forgers who work together agree on the lie. */
function forgedRoot(kit: AdversaryKit, sequence: number): string {
  return digest('adversaries/forged', utf8(`${kit.planSeed}/${sequence}`));
}
