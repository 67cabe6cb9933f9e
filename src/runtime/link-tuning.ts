import type { MultiaddrConnection, Stream } from '@libp2p/interface';

/**
 * Habits of libp2p that cost a cluster most of its messages' time, and no setting for any.
 * They are changed on the objects themselves, and only where these look as expected: with another
 * version links are as slow as they were, and a test says so.
 */

interface Socket {
  write(bytes: Uint8Array): boolean;
}

interface WritesInPieces {
  readonly socket: Socket;
  sendData(data: Uint8Array | Iterable<Uint8Array>): { sentBytes: number; canSendMore: boolean };
}

function writesInPieces(connection: object): connection is WritesInPieces {
  const { socket, sendData } = connection as Partial<WritesInPieces>;
  return typeof sendData === 'function' && typeof socket?.write === 'function';
}

/**
 * TCP: every piece of a message (length, header, text, tag) is written by itself, a system call and
 * a packet each. From now on they leave together. False: not the connection this knows.
 */
export function joinWrites(connection: MultiaddrConnection | object): boolean {
  if (!writesInPieces(connection)) return false;
  const { socket } = connection;
  connection.sendData = (data) => {
    const bytes = data instanceof Uint8Array ? data : Buffer.concat([...data]);
    return { sentBytes: bytes.length, canSendMore: socket.write(bytes) };
  };
  return true;
}

interface UpdatesWindow {
  readonly state: number;
  readonly recvWindow: number;
  readonly recvWindowCapacity: number;
  sendWindowUpdate(): void;
}

/** `StreamState.Established` of Yamux: the stream has nothing left to acknowledge. */
const established = 3;

function updatesWindow(stream: object): stream is UpdatesWindow {
  const { state, recvWindow, recvWindowCapacity, sendWindowUpdate } =
    stream as Partial<UpdatesWindow>;
  return (
    typeof state === 'number' &&
    typeof recvWindow === 'number' &&
    typeof recvWindowCapacity === 'number' &&
    typeof sendWindowUpdate === 'function'
  );
}

/**
 * Yamux: every frame received is answered by a window update, a message of its own. From now on
 * only when half the window is used up; the sender, who may fill all of it, never waits longer than
 * for one that has been on its way since. False: not the stream this knows.
 */
export function updateWindowLate(stream: Stream | object): boolean {
  if (!updatesWindow(stream)) return false;
  const update = stream.sendWindowUpdate.bind(stream);
  stream.sendWindowUpdate = () => {
    const plenty = stream.recvWindowCapacity > stream.recvWindow / 2;
    if (stream.state !== established || !plenty) update();
  };
  return true;
}
