import type { Stream } from '@libp2p/interface';
import * as lengthPrefixed from 'it-length-prefixed';
import { pipe } from 'it-pipe';
import { Uint8ArrayList } from 'uint8arraylist';

/** Frames, each behind its length (unsigned varint), as one piece of bytes: one write. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
  return new Uint8ArrayList(
    ...lengthPrefixed.encode(frames, { maxDataLength: 2 ** 31 }),
  ).subarray();
}

export type StreamEnd =
  | { readonly type: 'closed' }
  /** The peer sent what is no sequence of frames within the limit. */
  | { readonly type: 'breach'; readonly reason: string };

const breaches = new Set([
  'InvalidMessageLengthError',
  'InvalidDataLengthError',
  'InvalidDataLengthLengthError',
]);

/**
 * Hands every frame of `stream` to `receive` until it ends. A connection lost in the middle of a
 * frame is an end like any other: the frame is lost, as datagrams are.
 */
export async function readFrames(
  stream: Stream,
  maxFrameBytes: number,
  receive: (frame: Uint8Array) => void,
): Promise<StreamEnd> {
  // Told apart from the stream's own errors, which only mean that the peer is gone.
  let failure: { readonly error: unknown } | null = null;
  try {
    await pipe(
      stream,
      (source) => lengthPrefixed.decode(source, { maxDataLength: maxFrameBytes }),
      async (source) => {
        for await (const frame of source) {
          try {
            receive(frame.slice());
          } catch (error) {
            failure = { error };
            throw error;
          }
        }
      },
    );
  } catch (error) {
    if (failure !== null) throw error;
    if (error instanceof Error && breaches.has(error.name)) {
      return { type: 'breach', reason: `${error.message} (at most ${maxFrameBytes} bytes)` };
    }
  }
  return { type: 'closed' };
}
