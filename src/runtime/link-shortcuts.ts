import type { MultiaddrConnection, StreamMessageEvent } from '@libp2p/interface';
import { type Pieces, SealedSplitter } from './sealed-splitter.ts';
import { dataType, type FrameHeader } from './yamux-shortcuts.ts';

/**
 * A message passes three streams of libp2p, one inside the other: TCP, Noise, Yamux. Each puts it
 * into a list of buffers, takes it out again, and tells by an event, which costs as much as to
 * decrypt it. Here each hands it to the next by a call as long as nothing else waits, is paused, or
 * listens; otherwise the way is libp2p's own. As in `link-tuning.ts` only objects that look as
 * expected are changed, and every function says whether this one did.
 */

type Listener = (event: StreamMessageEvent) => void;

interface Reads {
  readonly readStatus: string;
  readonly remoteWriteStatus: string;
  readonly readBuffer: { readonly byteLength: number };
  listenerCount(type: string): number;
  addEventListener(type: string, listener: Listener, options?: unknown): void;
  removeEventListener(type: string, listener: Listener, options?: unknown): void;
  onData(data: Pieces): void;
}

function reads(stream: object): stream is Reads {
  const { readStatus, remoteWriteStatus, readBuffer, listenerCount, onData } =
    stream as Partial<Reads>;
  return (
    typeof readStatus === 'string' &&
    typeof remoteWriteStatus === 'string' &&
    typeof readBuffer?.byteLength === 'number' &&
    typeof listenerCount === 'function' &&
    typeof onData === 'function'
  );
}

/**
 * What arrives goes straight to who listens, if that is one. To be called before anybody does: who
 * listened before is not seen, and then nothing changes.
 */
export function handOnAtOnce(stream: MultiaddrConnection | object): boolean {
  if (!reads(stream)) return false;
  const { addEventListener, removeEventListener, onData } = stream;
  /** To messages, with no options. */
  let listeners: readonly Listener[] = [];
  stream.addEventListener = (type, listener, options) => {
    addEventListener.call(stream, type, listener, options);
    const isPlain = type === 'message' && options === undefined && typeof listener === 'function';
    if (isPlain && !listeners.includes(listener)) listeners = [...listeners, listener];
  };
  stream.removeEventListener = (type, listener, options) => {
    removeEventListener.call(stream, type, listener, options);
    if (type === 'message') listeners = listeners.filter((each) => each !== listener);
  };
  stream.onData = (data) => {
    const [only] = listeners;
    const alone = listeners.length === 1 && stream.listenerCount('message') === 1;
    const open = stream.readStatus === 'readable' && stream.remoteWriteStatus !== 'closed';
    if (only === undefined || !alone || !open || stream.readBuffer.byteLength > 0) {
      onData.call(stream, data);
    } else if (data.byteLength > 0) {
      only({ type: 'message', data } as unknown as StreamMessageEvent);
    }
  };
  return true;
}

interface Writes {
  readonly writeStatus: string;
  readonly writeBuffer: { readonly byteLength: number };
  writableNeedsDrain: boolean;
  sendingData: boolean;
  send(data: Pieces): boolean;
  processSendQueue(): boolean;
  abort(error: unknown): void;
}

function writes(stream: object): stream is Writes {
  const { writeStatus, writeBuffer, writableNeedsDrain, sendingData, processSendQueue } =
    stream as Partial<Writes>;
  return (
    typeof writeStatus === 'string' &&
    typeof writeBuffer?.byteLength === 'number' &&
    typeof writableNeedsDrain === 'boolean' &&
    typeof sendingData === 'boolean' &&
    typeof processSendQueue === 'function'
  );
}

/** `write` takes what fits when nothing waits, and tells whether there may be more. */
function sendBy(stream: Writes, fits: (data: Pieces) => boolean, write: Writes['send']): void {
  const send = stream.send.bind(stream);
  stream.send = (data) => {
    const busy = stream.sendingData || stream.writableNeedsDrain;
    const open = stream.writeStatus === 'writable' && stream.writeBuffer.byteLength === 0;
    if (busy || !open || data.byteLength === 0 || !fits(data)) return send(data);
    stream.sendingData = true;
    try {
      if (!write(data)) stream.writableNeedsDrain = true;
    } catch (error) {
      stream.abort(error);
      throw error;
    } finally {
      stream.sendingData = false;
    }
    // What was sent meanwhile, by whoever the writing woke.
    return stream.writeBuffer.byteLength === 0
      ? !stream.writableNeedsDrain
      : stream.processSendQueue();
  };
}

interface TakesAll extends Writes {
  sendData(data: Pieces): { readonly canSendMore: boolean };
}

/** For TCP with its writes joined, and Noise: both take all they are given. */
export function sendAtOnce(stream: MultiaddrConnection | object): boolean {
  if (!writes(stream) || typeof (stream as Partial<TakesAll>).sendData !== 'function') return false;
  const taking = stream as TakesAll;
  sendBy(
    taking,
    () => true,
    (data) => taking.sendData(data).canSendMore,
  );
  return true;
}

/** `StreamState.Established` of Yamux. */
const established = 3;

interface WritesFrames extends Writes {
  readonly state: number;
  readonly streamId: number;
  sendWindowCapacity: number;
  sendFrame(header: FrameHeader, data: Pieces): boolean;
}

/** For a stream of Yamux: what its window has room for leaves as one frame. */
export function sendFrameAtOnce(stream: object): boolean {
  const { state, streamId, sendWindowCapacity, sendFrame } = stream as Partial<WritesFrames>;
  const known =
    typeof state === 'number' &&
    typeof streamId === 'number' &&
    typeof sendWindowCapacity === 'number' &&
    typeof sendFrame === 'function';
  if (!writes(stream) || !known) return false;
  const framing = stream as WritesFrames;
  const fits = ({ byteLength }: Pieces) =>
    framing.state === established && byteLength <= framing.sendWindowCapacity;
  sendBy(framing, fits, (data) => {
    const { streamId: streamID } = framing;
    framing.sendWindowCapacity -= data.byteLength;
    return framing.sendFrame({ type: dataType, flag: 0, streamID, length: data.byteLength }, data);
  });
  return true;
}

interface Secured {
  readonly decoder: { decode(data: Pieces): Iterable<Pieces> };
  readonly handshake: {
    encrypt(text: Pieces): Uint8Array;
    decrypt(sealed: Pieces, into: Uint8Array): Pieces;
  };
  encrypt(text: Pieces): Pieces;
  decrypt(sealed: Pieces): Pieces;
}

const tagBytes = 16;
/** Of a Noise message; the tag takes some of the bytes that its length can count. */
const maxTextBytes = 65_535 - tagBytes;

/** For Noise: its messages taken apart and put together without lists of buffers. */
export function sealInOnePiece(secured: object): boolean {
  const { decoder, handshake, encrypt, decrypt } = secured as Partial<Secured>;
  const known =
    typeof decoder?.decode === 'function' &&
    typeof handshake?.encrypt === 'function' &&
    typeof handshake.decrypt === 'function';
  if (!known || typeof encrypt !== 'function' || typeof decrypt !== 'function') return false;
  const splitter = new SealedSplitter();
  decoder.decode = (data) => splitter.split(data);
  const shortened = secured as Secured;
  // What the splitter finds is one message, and nobody else's memory. No Buffer comes of it: to
  // take a slice of one is not to copy it.
  shortened.decrypt = (sealed) => {
    const { buffer, byteOffset, length } = sealed.subarray();
    const textBytes = Math.max(0, length - tagBytes);
    return handshake.decrypt(sealed, new Uint8Array(buffer, byteOffset, textBytes));
  };
  shortened.encrypt = (text) => {
    if (text.byteLength > maxTextBytes) return encrypt.call(secured, text);
    return behindItsLength(handshake.encrypt(text));
  };
  return true;
}

function behindItsLength(sealed: Uint8Array): Uint8Array {
  const { length } = sealed;
  const message = Buffer.allocUnsafe(2 + length);
  message[0] = length >>> 8;
  message[1] = length;
  message.set(sealed, 2);
  return message;
}
