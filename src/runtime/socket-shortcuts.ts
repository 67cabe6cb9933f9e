import type { MultiaddrConnection } from '@libp2p/interface';

/** What is used of a `net.Socket`. */
interface Socket {
  readonly readableFlowing: boolean | null;
  readonly readableLength: number;
  listenerCount(event: string): number;
  push(chunk: unknown, encoding?: BufferEncoding): boolean;
}

interface ReadsSocket {
  readonly socket: Socket;
  onData(data: Uint8Array): void;
}

/**
 * Between a socket and the connection that reads it stands a queue of Node's, by which each chunk
 * is an event and a task for the next tick. While it is empty and wanted, a chunk passes it by; one
 * that comes while reading is paused waits in it as ever, and so does the end. Node hands over what
 * it read by calling `push`, which is public; if it ever does so by another way, reading is as slow
 * as it was. False: not the connection this knows.
 */
export function readAtOnce(connection: MultiaddrConnection | object): boolean {
  const { socket, onData } = connection as Partial<ReadsSocket>;
  const known =
    typeof onData === 'function' &&
    typeof socket?.push === 'function' &&
    typeof socket.listenerCount === 'function' &&
    typeof socket.readableLength === 'number';
  if (!known) return false;
  const reading = connection as ReadsSocket;
  const { push } = socket;
  socket.push = (chunk, encoding) => {
    // Its only listener is the connection; with another, both are told.
    const wanted = socket.readableFlowing === true && socket.listenerCount('data') === 1;
    const passes = wanted && socket.readableLength === 0 && chunk instanceof Uint8Array;
    if (!passes) return push.call(socket, chunk, encoding);
    reading.onData(chunk);
    return true;
  };
  return true;
}
