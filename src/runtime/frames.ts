import type { Stream, StreamMessageEvent } from '@libp2p/interface';
import { FrameBreach, FrameSplitter } from './frame-splitter.ts';

/** Frames, each behind its length (unsigned varint), as one piece of bytes: one write. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
  let sizeBytes = 0;
  for (const { length } of frames) sizeBytes += lengthOfVarint(length) + length;
  const joined = Buffer.allocUnsafe(sizeBytes);
  let at = 0;
  for (const frame of frames) {
    let { length } = frame;
    for (; length >= 0x80; length = Math.floor(length / 0x80))
      joined[at++] = (length % 0x80) | 0x80;
    joined[at++] = length;
    joined.set(frame, at);
    at += frame.length;
  }
  return joined;
}

function lengthOfVarint(value: number): number {
  let bytes = 1;
  for (let left = value; left >= 0x80; left = Math.floor(left / 0x80)) bytes++;
  return bytes;
}

export type StreamEnd =
  | { readonly type: 'closed' }
  /** The peer sent what is no sequence of frames within the limit. */
  | { readonly type: 'breach'; readonly reason: string };

/**
 * Hands every frame of `stream` to `receive` until it ends. A connection lost in the middle of a
 * frame is an end like any other: the frame is lost, as datagrams are. Rejects with what `receive`
 * throws.
 */
export function readFrames(
  stream: Stream,
  maxFrameBytes: number,
  receive: (frame: Uint8Array) => void,
): Promise<StreamEnd> {
  const splitter = new FrameSplitter(maxFrameBytes);
  const { promise, resolve, reject } = Promise.withResolvers<StreamEnd>();
  const stop = () => stream.removeEventListener('message', onMessage);
  // As events: to wait for each chunk in turn costs more than to read it.
  const onMessage = ({ data }: StreamMessageEvent) => {
    try {
      if (data instanceof Uint8Array) splitter.push(data, receive);
      else for (const chunk of data) splitter.push(chunk, receive);
    } catch (error) {
      stop();
      if (!(error instanceof FrameBreach)) return reject(error);
      resolve({ type: 'breach', reason: `${error.message} (at most ${maxFrameBytes} bytes)` });
    }
  };
  const onEnd = () => {
    stop();
    resolve({ type: 'closed' });
  };
  stream.addEventListener('message', onMessage);
  stream.addEventListener('end', onEnd);
  stream.addEventListener('close', onEnd);
  return promise;
}
