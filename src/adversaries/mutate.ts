import { toHex } from '../base/bytes.ts';
import { isDigest } from '../base/digest.ts';
import { outerEnvelope } from '../pbft/envelope.ts';
import type { Envelope, Message, Statement } from '../pbft/messages.ts';
import type { Behaviour } from '../pbft/replica.ts';
import { around, sendEach, sign } from './around.ts';
import type { AdversaryKit } from './kit.ts';

/**
 * Changes one small thing at random in a share of what it sends, to each receiver separately: a
 * number by one, a digest by a bit, a list by an entry, and signs again with its own key. It may
 * alter any field of any message in the manner of round-based Byzantine fuzzing (Winter et al.,
 * "Randomized testing of Byzantine fault tolerant algorithms"); inside the signed bytes of others
 * it may only do damage.
 */
export function mutate(kit: AdversaryKit): Behaviour {
  const probability = kit.options?.probability ?? 0.2;
  return (honest) =>
    around(honest, {
      says(effect) {
        if (effect.type !== 'send') return [effect];
        return sendEach(kit, effect, () =>
          kit.random.chance(probability) ? mutateMessage(kit, effect.message) : effect.message,
        );
      },
    });
}

/** One message with one thing changed. The same type, and still encodable. */
export function mutateMessage(kit: AdversaryKit, message: Message): Message {
  const envelope = outerEnvelope(message);
  // Now and then the sender or the signature itself is the lie.
  if (envelope !== null && kit.random.chance(0.1)) return spoil(kit, message, envelope);
  return mutateObject(kit, message);
}

function spoil(kit: AdversaryKit, message: Message, envelope: Envelope): Message {
  const spoiled = kit.random.chance(0.5)
    ? { ...envelope, signature: flipByte(kit, envelope.signature) }
    : { ...envelope, sender: kit.random.below(kit.n) };
  return (
    message.type === 'prePrepare' ? { ...message, header: spoiled } : { ...message, vote: spoiled }
  ) as Message;
}

function isEnvelope(value: object): value is Envelope {
  return 'payload' in value && 'statement' in value;
}

/** Changes one property, chosen by chance; the tag `type` says what it is and stays. */
function mutateObject<T extends object>(kit: AdversaryKit, value: T): T {
  if (isEnvelope(value)) return mutateEnvelope(kit, value) as Envelope & T;
  const names = Object.keys(value).filter((name) => name !== 'type') as (keyof T)[];
  if (names.length === 0) return value;
  const name = kit.random.pick(names);
  return { ...value, [name]: mutateValue(kit, value[name]) };
}

/** Its own statements are changed and signed again; of others' only the signature breaks. */
function mutateEnvelope(kit: AdversaryKit, envelope: Envelope): Envelope {
  if (envelope.sender !== kit.index) {
    return { ...envelope, signature: flipByte(kit, envelope.signature) };
  }
  return sign<Statement>(kit, mutateObject(kit, envelope.statement));
}

function mutateValue(kit: AdversaryKit, value: unknown): unknown {
  if (typeof value === 'number') return mutateNumber(kit, value);
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return isDigest(value) ? mutateDigest(kit, value) : value;
  if (value instanceof Uint8Array) return flipByte(kit, value);
  if (Array.isArray(value)) return mutateList(kit, value);
  return typeof value === 'object' && value !== null ? mutateObject(kit, value) : value;
}

/** Stays a non-negative safe integer: what cannot be encoded cannot be sent. */
function mutateNumber(kit: AdversaryKit, value: number): number {
  const { random, parameters } = kit;
  const changed = random.pick([
    value + 1,
    value - 1,
    value + kit.n,
    value + parameters.checkpointInterval,
    value - parameters.checkpointInterval,
    value + parameters.logWindow + 1,
    0,
    2 ** 32 - 1,
    Number.MAX_SAFE_INTEGER,
  ]);
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, changed));
}

function mutateDigest(kit: AdversaryKit, value: string): string {
  const at = kit.random.below(value.length);
  const nibble = (Number.parseInt(value[at] ?? '0', 16) + kit.random.between(1, 15)) % 16;
  const flipped = value.slice(0, at) + nibble.toString(16) + value.slice(at + 1);
  return kit.random.pick([flipped, toHex(kit.random.bytes(32)), '0'.repeat(64)]);
}

function flipByte(kit: AdversaryKit, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return kit.random.bytes(1);
  const flipped = Uint8Array.from(bytes);
  const at = kit.random.below(flipped.length);
  flipped[at] = (flipped[at] ?? 0) ^ (1 << kit.random.below(8));
  return flipped;
}

/** Drops, doubles, swaps or changes an entry; an empty list stays empty. */
function mutateList(kit: AdversaryKit, list: readonly unknown[]): readonly unknown[] {
  const { random } = kit;
  if (list.length === 0) return list;
  const at = random.below(list.length);
  switch (random.below(5)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.toSpliced(at, 0, list[at]);
    case 2:
      return random.shuffle(list);
    case 3:
      return [];
    default:
      return list.with(at, mutateValue(kit, list[at]));
  }
}
