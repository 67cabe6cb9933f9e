import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import type { Clock } from '../../runtime/ports.ts';
import { answerQuery, typeName } from './answer.ts';
import { AnswerGuard } from './answer-guard.ts';
import { limits } from './limits.ts';
import { readQuery } from './query.ts';
import { type Rcode, udpBytesFor, writeFault, writeReply, writeTruncated } from './reply.ts';
import { TcpConnections } from './tcp-connections.ts';
import type { Zone } from './zone.ts';

export interface DnsServerOptions {
  readonly zone: Zone;
  readonly clock: Clock;
  readonly host: string;
  /** 0: any that is free for both transports. */
  readonly port: number;
  readonly onAnswered?: (answered: DnsAnswered) => void;
}

export interface DnsAnswered {
  readonly transport: 'udp' | 'tcp';
  readonly type: string;
  readonly rcode: Rcode;
  readonly truncated: boolean;
}

const attemptsForPort = 8;

/** The zone over UDP and TCP, on one port. No rules live here: bytes in, bytes out. */
export class DnsServer {
  private readonly options: DnsServerOptions;
  private readonly guard = new AnswerGuard();
  private readonly connections: TcpConnections;
  private udp: UdpSocket | null = null;
  private tcp: Server | null = null;

  constructor(options: DnsServerOptions) {
    this.options = options;
    this.connections = new TcpConnections((message) => this.answer(message, null));
  }

  /** Resolves with the port once both transports listen; rejects when one cannot. */
  async start(): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const udp = await this.listenUdp();
      const { port } = udp.address();
      try {
        await this.listenTcp(port);
        return port;
      } catch (error) {
        await this.stop();
        // A port that is free for one transport may be taken for the other.
        const mayRetry = this.options.port === 0 && attempt < attemptsForPort;
        if (!mayRetry || !isTaken(error)) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    const { udp, tcp } = this;
    this.udp = null;
    this.tcp = null;
    this.connections.end();
    await Promise.all([
      udp === null ? null : new Promise<void>((resolve) => udp.close(resolve)),
      tcp === null ? null : new Promise<void>((resolve) => tcp.close(() => resolve())),
    ]);
  }

  private listenUdp(): Promise<UdpSocket> {
    const { host, port } = this.options;
    const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    this.udp = udp;
    udp.on('message', (message, client) => this.onDatagram(udp, message, client));
    return new Promise((resolve, reject) => {
      udp.once('error', reject);
      udp.bind(port, host, () => {
        udp.off('error', reject);
        // An unreachable client of UDP is no matter of ours.
        udp.on('error', () => undefined);
        resolve(udp);
      });
    });
  }

  private listenTcp(port: number): Promise<void> {
    const tcp = createServer({ noDelay: true }, (socket) => this.connections.take(socket));
    this.tcp = tcp;
    return new Promise((resolve, reject) => {
      tcp.once('error', reject);
      tcp.listen(port, this.options.host, () => {
        tcp.off('error', reject);
        tcp.on('error', () => undefined);
        resolve();
      });
    });
  }

  private onDatagram(udp: UdpSocket, message: Uint8Array, client: RemoteInfo): void {
    // Port 0 cannot be answered, and sending to it throws.
    if (client.port === 0) return;
    const answer = this.answer(message, client.address);
    if (answer !== null && this.udp === udp) udp.send(answer, client.port, client.address);
  }

  /** The answer to these bytes, of anybody; null: none. `address`: of a client over UDP. */
  private answer(message: Uint8Array, address: string | null): Uint8Array | null {
    const { zone, clock, onAnswered } = this.options;
    const transport = address === null ? 'tcp' : 'udp';
    const read = readQuery(message);
    if (read.type === 'ignored') return null;
    if (read.type === 'fault') {
      const { reason } = read.fault;
      onAnswered?.({ transport, type: 'other', rcode: reason, truncated: false });
      return writeFault(read.fault);
    }
    const { query } = read;
    const nowMs = clock.nowMs();
    const type = typeName(query.type);
    if (address !== null && !this.guard.allows(address, nowMs)) {
      onAnswered?.({ transport, type, rcode: 'noError', truncated: true });
      return writeTruncated(query);
    }
    const reply = answerQuery(zone, query, nowMs);
    const most = address === null ? limits.tcpBytes : udpBytesFor(query);
    const bytes = writeReply(query, reply, most);
    const truncated = ((bytes[2] ?? 0) & 2) !== 0;
    onAnswered?.({ transport, type, rcode: reply.rcode, truncated });
    return bytes;
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
