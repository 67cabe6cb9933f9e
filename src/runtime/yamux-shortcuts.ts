import type { Pieces } from './sealed-splitter.ts';

/**
 * Yamux reads a frame by way of a list of buffers, a generator and three functions, and describes
 * each for a log nobody keeps. Here what came whole is handed to its stream from where it is, and
 * what a stream says leaves in one piece. Anything else (flags, pings, parts of a frame, another
 * version) is left to Yamux itself. As in `link-tuning.ts` only a muxer that looks as expected is
 * changed, and every function says whether this one did.
 */

/** `FrameType.Data` of Yamux. */
export const dataType = 0;
const headerBytes = 12;

/** Version 0, as all are. */
export interface FrameHeader {
  readonly type: number;
  readonly flag: number;
  readonly streamID: number;
  /** Of the data behind it; other types count something else in it. */
  readonly length: number;
}

interface Frame {
  readonly header: FrameHeader;
  readonly data: Uint8Array;
}

interface FramedStream {
  readonly streamId: number;
  handleData(frame: Frame): void;
}

interface Muxer {
  readonly decoder: { readonly buffer: { readonly byteLength: number } };
  readonly streams: readonly FramedStream[];
  onData(data: Pieces): void;
  send(data: Uint8Array): boolean;
  sendFrame(header: FrameHeader, data?: Pieces): boolean;
}

/** Frames of data that came whole are read where they are. */
export function readFramesInPlace(muxer: object): boolean {
  const { decoder, streams, onData } = muxer as Partial<Muxer>;
  const known =
    typeof onData === 'function' &&
    typeof decoder?.buffer?.byteLength === 'number' &&
    Array.isArray(streams);
  if (!known) return false;
  const reading = muxer as Muxer;
  reading.onData = (data) => {
    if (decoder.buffer.byteLength > 0) return onData.call(reading, data);
    const bytes = data.subarray();
    let at = 0;
    while (at < bytes.length) {
      const frame = dataAt(bytes, at);
      const stream = frame && streamOf(reading, frame.header.streamID);
      if (!frame || !stream) break;
      at += headerBytes + frame.header.length;
      stream.handleData(frame);
    }
    if (at < bytes.length) onData.call(reading, at === 0 ? bytes : bytes.subarray(at));
  };
  return true;
}

/** Null for what is not all there, carries no data, or says more than that by its flags. */
function dataAt(bytes: Uint8Array, at: number): Frame | null {
  const start = at + headerBytes;
  if (start > bytes.length) return null;
  // Version, type and flags are nothing at all.
  if (uint32At(bytes, at) !== 0) return null;
  const length = uint32At(bytes, at + 8);
  if (length > bytes.length - start) return null;
  const header = { type: dataType, flag: 0, streamID: uint32At(bytes, at + 4), length };
  return { header, data: bytes.subarray(start, start + length) };
}

function uint32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const low = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return high * 0x1_00_00 + low;
}

function streamOf({ streams }: Muxer, id: number): FramedStream | null {
  for (const stream of streams) {
    if (stream.streamId === id) return stream;
  }
  return null;
}

/** The header and the data of a frame leave as one piece. */
export function writeFramesInOnePiece(muxer: object): boolean {
  const { send, sendFrame } = muxer as Partial<Muxer>;
  if (typeof send !== 'function' || typeof sendFrame !== 'function') return false;
  const writing = muxer as Muxer;
  writing.sendFrame = (header, data) => {
    const { type, flag, streamID, length } = header;
    if (type !== dataType || data === undefined || data.byteLength !== length) {
      return sendFrame.call(writing, header, data);
    }
    const frame = Buffer.allocUnsafe(headerBytes + length);
    frame[0] = 0;
    frame[1] = type;
    frame[2] = flag >>> 8;
    frame[3] = flag;
    putUint32(frame, 4, streamID);
    putUint32(frame, 8, length);
    frame.set(data.subarray(), headerBytes);
    return writing.send(frame);
  };
  return true;
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
