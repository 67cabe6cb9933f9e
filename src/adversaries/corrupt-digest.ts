import { type Digest, digest } from '../base/digest.ts';
import type { Message, Statement } from '../pbft/messages.ts';
import type { Behaviour } from '../pbft/replica.ts';
import { encodeStatement } from '../pbft/statement-codec.ts';
import { around, sendEach, sign } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * Sends headers that do not match their batch and votes for digests of nothing. It may put a wrong
 * digest into anything it signs, for all receivers or only for some; the rest of the message is
 * what an honest replica would send.
 */
export function corruptDigest(kit: AdversaryKit): Behaviour {
  return (honest) =>
    around(honest, {
      says(effect) {
        if (effect.type !== 'send') return [effect];
        const corrupted = corrupt(kit, effect.message);
        if (corrupted === null) return [effect];
        const share = kit.random.pick([0.5, 1]);
        return sendEach(kit, effect, () => (kit.random.chance(share) ? corrupted : effect.message));
      },
    });
}

function corrupt(kit: AdversaryKit, message: Message): Message | null {
  switch (message.type) {
    case 'prePrepare': {
      const { statement } = message.header;
      if (message.header.sender !== kit.index) return null;
      const header = sign(kit, { ...statement, batchDigest: wrong(statement) });
      return { ...message, header };
    }
    case 'prepare': {
      const { statement } = message.vote;
      return { ...message, vote: sign(kit, { ...statement, headerDigest: wrong(statement) }) };
    }
    case 'commit': {
      const { statement } = message.vote;
      return { ...message, vote: sign(kit, { ...statement, headerDigest: wrong(statement) }) };
    }
    case 'fetchBatch':
      return { ...message, batchDigest: digest('adversaries/wrong', new Uint8Array()) };
    default:
      return null;
  }
}

/** A digest of nothing that exists, but the same each time the same statement is corrupted. */
function wrong(statement: Statement): Digest {
  return digest('adversaries/wrong', encodeStatement(statement));
}
