import type { Decoded } from '../base/codec.ts';
import { memo } from '../base/memo.ts';
import { decodeMessage } from '../pbft/message-codec.ts';
import type { Message } from '../pbft/messages.ts';

/**
 * Decoded frames by the identity of their bytes: a frame that reaches several nodes of one process
 * (the simulator's broadcast) is decoded once. Decoding is a pure function of the bytes, and nobody
 * writes into a received frame.
 */
const decoded = memo<Decoded<Message>>();

export function decodeFrame(frame: Uint8Array): Decoded<Message> {
  let found = decoded.get(frame);
  if (found === undefined) {
    found = decodeMessage(frame);
    decoded.set(frame, found);
  }
  return found;
}
