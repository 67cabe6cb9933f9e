import { OntoObject } from '../base/memo.ts';
import { outerEnvelope } from '../pbft/envelope.ts';
import { decodeMessage, encodeMessage } from '../pbft/message-codec.ts';
import type { Envelope, Message, ReplicaIndex } from '../pbft/messages.ts';
import type { Input, VerifyVote } from '../pbft/replica.ts';
import { type Meter, noMeter } from '../runtime/meter.ts';
import type { Address } from '../runtime/ports.ts';

type Received = Extract<Input, { type: 'receive' }>;
type Roster = ReadonlyMap<Address, ReplicaIndex>;
const nobody = { address: '', roster: new Map<Address, ReplicaIndex>(), peer: -1 };

/**
 * What is known of a frame that was opened, in one place, because every receiver of a broadcast in
 * this process asks for all of it: how it decodes, whose signature it carries, who found that good.
 */
export class Letter {
  readonly message: Message;
  /** The signed envelope at its outside; null for what needs no signature. */
  readonly envelope: Envelope | null;
  private verifiedBy: VerifyVote | null = null;
  private input: Received | null = null;
  /** Who sent it, by the roster asked last. */
  private sender: { readonly address: Address; readonly roster: Roster; readonly peer: number } =
    nobody;

  constructor(message: Message) {
    this.message = message;
    this.envelope = outerEnvelope(message);
  }

  /** The outer signature, if it needs one, is good by `verify`: one for all nodes of an epoch. */
  isGenuine(verify: VerifyVote): boolean {
    if (this.verifiedBy === verify) return true;
    if (this.envelope !== null) {
      const { sender, payload, signature } = this.envelope;
      if (!verify(sender, payload, signature)) return false;
    }
    this.verifiedBy = verify;
    return true;
  }

  /** The index that `roster` has for the sender; looked up once for all receivers of an epoch. */
  indexIn(roster: Roster, address: Address): ReplicaIndex | undefined {
    const { sender } = this;
    if (sender.roster === roster && sender.address === address) return sender.peer;
    const peer = roster.get(address);
    if (peer !== undefined) this.sender = { address, roster, peer };
    return peer;
  }

  /** As an input of whoever knows its sender by this index. */
  from(peer: ReplicaIndex): Received {
    if (this.input?.from === peer) return this.input;
    this.input = { type: 'receive', from: peer, message: this.message };
    return this.input;
  }
}

/**
 * Opened frames by the identity of their bytes: a frame that reaches several nodes of one process
 * (the simulator's broadcast) is opened once. Decoding is a pure function of the bytes, and nobody
 * writes into a received frame. A string says why it is no message. A memo with code of its own:
 * every delivery asks.
 */
class Opened extends OntoObject {
  readonly #letter: Letter | string;

  constructor(frame: Uint8Array, letter: Letter | string) {
    super(frame);
    this.#letter = letter;
  }

  static letterIn(frame: object): Letter | string | undefined {
    return #letter in frame ? frame.#letter : undefined;
  }
}

/** What a frame that was opened held. Opens nothing: first it is asked who sent it. */
export function letterIn(frame: Uint8Array): Letter | string | undefined {
  return Opened.letterIn(frame);
}

/** Who sent a frame, of which this much is known, by index; undefined: no replica. */
export function senderOf(
  known: Letter | string | undefined,
  from: Address,
  roster: Roster,
): ReplicaIndex | undefined {
  return typeof known === 'object' ? known.indexIn(roster, from) : roster.get(from);
}

export function openFrame(frame: Uint8Array, meter: Meter = noMeter): Letter | string {
  return Opened.letterIn(frame) ?? openAnew(frame, meter);
}

/** As {@link openFrame}, of a frame of which nothing is known. */
export function openAnew(frame: Uint8Array, meter: Meter = noMeter): Letter | string {
  const before = meter.enter('decode');
  const decoded = decodeMessage(frame);
  meter.leave(before);
  const letter = decoded.ok ? new Letter(decoded.value) : decoded.reason;
  new Opened(frame, letter);
  return letter;
}

export function encodeFrame(message: Message, meter: Meter = noMeter): Uint8Array {
  const before = meter.enter('encode');
  const frame = encodeMessage(message);
  meter.leave(before);
  return frame;
}
