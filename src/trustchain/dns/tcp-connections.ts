import type { Socket } from 'node:net';
import { concatBytes } from '../../base/bytes.ts';
import { limits } from './limits.ts';

const lengthBytes = 2;

/**
 * DNS over TCP (RFC 7766): messages with two octets of length before them, answered in order.
 * Bounded in connections, in time, in queries and in what waits to be sent: a client that does not
 * read its answers is read from no more.
 */
export class TcpConnections {
  private readonly answer: (message: Uint8Array) => Uint8Array | null;
  private readonly open = new Map<Socket, string>();

  constructor(answer: (message: Uint8Array) => Uint8Array | null) {
    this.answer = answer;
  }

  get size(): number {
    return this.open.size;
  }

  take(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const others = [...this.open.values()].filter((other) => other === address).length;
    const full = this.open.size >= limits.tcpConnections;
    if (full || others >= limits.tcpConnectionsPerAddress) {
      socket.destroy();
      return;
    }
    this.open.set(socket, address);
    socket.setTimeout(limits.tcpIdleMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.open.delete(socket));
    this.serve(socket);
  }

  end(): void {
    for (const socket of this.open.keys()) socket.destroy();
    this.open.clear();
  }

  private serve(socket: Socket): void {
    let waiting: Uint8Array = new Uint8Array();
    let served = 0;
    const answerAll = (): void => {
      while (!socket.destroyed && !socket.isPaused()) {
        const message = firstOf(waiting);
        if (announced(waiting) > limits.queryBytes || served >= limits.tcpQueries) socket.destroy();
        if (message === null || socket.destroyed) return;
        served += 1;
        waiting = waiting.subarray(lengthBytes + message.length);
        this.reply(socket, message, answerAll);
      }
    };
    socket.on('data', (chunk: Uint8Array) => {
      waiting = concatBytes(waiting, chunk);
      answerAll();
    });
  }

  private reply(socket: Socket, message: Uint8Array, goOn: () => void): void {
    const answer = this.answer(message);
    if (answer === null) {
      socket.destroy();
      return;
    }
    const length = Uint8Array.of(answer.length >> 8, answer.length & 0xff);
    if (socket.write(concatBytes(length, answer))) return;
    socket.pause();
    socket.once('drain', () => {
      socket.resume();
      goOn();
    });
  }
}

function announced(waiting: Uint8Array): number {
  const [high, low] = waiting;
  return high === undefined || low === undefined ? 0 : high * 256 + low;
}

/** The first whole message of `waiting`, without its length; null while it is not there. */
function firstOf(waiting: Uint8Array): Uint8Array | null {
  const end = lengthBytes + announced(waiting);
  return waiting.length < lengthBytes || waiting.length < end
    ? null
    : waiting.subarray(lengthBytes, end);
}
