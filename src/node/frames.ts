import type { Decoded } from '../base/codec.ts';
import { memo } from '../base/memo.ts';
import { decodeMessage, encodeMessage } from '../pbft/message-codec.ts';
import type { Message } from '../pbft/messages.ts';
import { type Meter, noMeter, within } from '../runtime/meter.ts';

/**
 * Decoded frames by the identity of their bytes: a frame that reaches several nodes of one process
 * (the simulator's broadcast) is decoded once. Decoding is a pure function of the bytes, and nobody
 * writes into a received frame.
 */
const decoded = memo<Decoded<Message>>();

export function decodeFrame(frame: Uint8Array, meter: Meter = noMeter): Decoded<Message> {
  let found = decoded.get(frame);
  if (found === undefined) {
    found = within(meter, 'decode', () => decodeMessage(frame));
    decoded.set(frame, found);
  }
  return found;
}

export function encodeFrame(message: Message, meter: Meter = noMeter): Uint8Array {
  return within(meter, 'encode', () => encodeMessage(message));
}
