import { assert } from '../base/assert.ts';
import { toHex } from '../base/bytes.ts';
import { encodeEvidence } from '../pbft/evidence-codec.ts';
import type { Commit, Envelope, ReplicaIndex } from '../pbft/messages.ts';
import type { Behaviour, Effect } from '../pbft/replica.ts';
import { Allowance } from './allowance.ts';
import { around, peersOf, sign } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * Accuses correct replicas of what they never did: with a contradiction that only it signed, and
 * with a true vote shown twice. It may send such evidence to anyone, some times a second; it may
 * not sign for the accused.
 */
export function slander(kit: AdversaryKit): Behaviour {
  return (honest) => {
    const allowance = new Allowance(kit.options?.messagesPerSecond ?? 5, 5);
    const heard = new Map<ReplicaIndex, Envelope<Commit>>();
    return around(honest, {
      adds(input, nowMs) {
        if (input.type === 'receive' && input.message.type === 'commit') {
          heard.set(input.message.vote.sender, input.message.vote);
        }
        if (!allowance.take(nowMs)) return [];
        const victim = kit.random.pick(peersOf(kit));
        const seen = heard.get(victim);
        const [first, second] =
          seen === undefined || kit.random.chance(0.5)
            ? [forged(kit, victim), forged(kit, victim)]
            : [seen, seen];
        return [accusation(kit, victim, first, second)];
      },
    });
  };
}

/** A vote as the victim would have given it, under a signature that is not the victim's. */
function forged(kit: AdversaryKit, victim: ReplicaIndex): Envelope<Commit> {
  const statement = { type: 'commit', view: 0, sequence: 1 } as const;
  const headerDigest = toHex(kit.random.bytes(32));
  return { ...sign(kit, { ...statement, headerDigest }), sender: victim };
}

function accusation(
  kit: AdversaryKit,
  accused: ReplicaIndex,
  first: Envelope<Commit>,
  second: Envelope<Commit>,
): Effect {
  assert(kit.accusation !== undefined, 'slander needs a way to accuse');
  const evidence = encodeEvidence({ type: 'conflictingCommit', accused, first, second });
  return {
    type: 'send',
    to: 'others',
    message: { type: 'request', operation: kit.accusation(evidence) },
  };
}
