import { toHex } from '../base/bytes.ts';
import { limits } from '../pbft/limits.ts';
import type { Message } from '../pbft/messages.ts';
import type { Behaviour } from '../pbft/replica.ts';
import { around } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * Helps those who fell behind, wrongly: chunks of no state, batches of other requests, certificates
 * with a changed digest, and boasts of sequences nobody reached. It may answer any question with
 * any bytes; certificates it alters no longer verify, since the votes in them are not its own.
 */
export function lieInStateTransfer(kit: AdversaryKit): Behaviour {
  const { random } = kit;
  return (honest) =>
    around(honest, {
      says(effect) {
        // Every fourth answer is true, so that a liar is not told from one bad answer.
        if (random.chance(0.25)) return [effect];
        if (effect.type === 'serveChunk') {
          const { to, sequence, chunk } = effect;
          return [{ type: 'send', to, message: falseChunk(kit, sequence, chunk) }];
        }
        if (effect.type !== 'send') return [effect];
        return [{ ...effect, message: falsify(kit, effect.message) }];
      },
    });
}

function falseChunk(kit: AdversaryKit, sequence: number, chunk: number): Message {
  const { random } = kit;
  const message = { type: 'stateChunk', sequence, chunk } as const;
  switch (random.below(4)) {
    case 0:
      return { ...message, chunks: chunk + 1, bytes: random.bytes(64) };
    case 1:
      return { ...message, chunks: limits.stateChunks, bytes: random.bytes(64) };
    case 2:
      return { ...message, chunks: chunk + 1, bytes: new Uint8Array() };
    default:
      return { ...message, sequence: sequence + 1, chunks: chunk + 1, bytes: random.bytes(64) };
  }
}

function falsify(kit: AdversaryKit, message: Message): Message {
  const { random, parameters } = kit;
  switch (message.type) {
    case 'stableCheckpoint': {
      const { statement, votes } = message.certificate;
      const lies = random.chance(0.5)
        ? { stateDigest: toHex(random.bytes(32)) }
        : { sequence: statement.sequence + parameters.checkpointInterval };
      return { ...message, certificate: { statement: { ...statement, ...lies }, votes } };
    }
    case 'decided':
      return random.chance(0.5)
        ? { ...message, batch: [random.bytes(64)] }
        : { ...message, certificate: { ...message.certificate, commits: [] } };
    case 'batch':
      return { ...message, batch: [...message.batch, random.bytes(64)] };
    case 'status': {
      const boast = parameters.logWindow * random.between(1, 4);
      const executed = message.executed + boast;
      return { ...message, executed, stableCheckpoint: message.stableCheckpoint + boast };
    }
    default:
      return message;
  }
}
