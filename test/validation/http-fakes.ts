import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { decodeResult } from '../../src/ledger/result.ts';
import { epochChangeToJson } from '../../src/runtime/certificate-json.ts';
import type { CertifiedAnswer } from '../../src/runtime/validator.ts';
import { statusOf } from '../../src/validation/http-result.ts';
import {
  certificateBodySchema,
  certificateOperation,
} from '../../src/validation/wire/certificate-body.ts';
import { operationBodySchema } from '../../src/validation/wire/cluster-answers.ts';
import { certifiedToJson } from '../../src/validation/wire/result-certificate-json.ts';
import { SigningCluster } from './http-cluster.ts';

/** What a fake node is asked, read as an honest node reads it. */
export interface Asked {
  readonly operation: Uint8Array;
  readonly cluster: SigningCluster;
  readonly node: FakeNode;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The raw connection, for lies below HTTP. */
  readonly socket: Socket;
}

/** How a fake node treats a question. */
export type Conduct = (asked: Asked) => void;

export const honest: Conduct = ({ operation, cluster, response }) => {
  reply(response, 200, answerJson(cluster.certify(operation)));
};

export function reply(response: ServerResponse, status: number, body: unknown, type?: string) {
  response.statusCode = status;
  response.setHeader('content-type', type ?? 'application/json');
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The parts of an honest answer that a client could be misled by. */
export function answerJson(certified: CertifiedAnswer) {
  const result = decodeResult(certified.answer.result);
  const status: string = result.ok ? statusOf(result.value) : 'valid';
  return {
    request_id: 'request-1',
    status,
    proof_hash: certified.answer.requestDigest,
    result_certificate: certifiedToJson(certified),
    metrics: { confidence_level: 0.75 },
  };
}

/** One endpoint: a real HTTP server whose every answer its conduct decides. */
export class FakeNode {
  readonly cluster: SigningCluster;
  readonly operations: Uint8Array[] = [];
  conduct: Conduct;
  /** What it shows of later epochs; undefined: it does not answer the question. */
  changes: unknown = [];
  /** Questions of any kind, and connections. */
  asked = 0;
  connections = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(cluster: SigningCluster, conduct: Conduct) {
    this.cluster = cluster;
    this.conduct = conduct;
    this.server = createServer((request, response) => void this.onRequest(request, response));
    this.server.on('connection', (socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked++;
    request.on('error', () => {});
    response.on('error', () => {});
    if (request.url === '/consensus/validators') {
      const { changes } = this;
      if (changes === undefined) return reply(response, 404, { title: 'unknown' });
      return reply(response, 200, { epoch: 1, changes });
    }
    const operation = await readOperation(request);
    if (operation === null) return reply(response, 400, { title: 'malformed' });
    this.operations.push(operation);
    const { cluster } = this;
    const { socket } = request;
    this.conduct({ operation, cluster, node: this, request, response, socket });
  }
}

/** Exactly as the contract has it: bodies of certificate requests, or any operation's bytes. */
async function readOperation(request: IncomingMessage): Promise<Uint8Array | null> {
  let text = '';
  for await (const chunk of request) text += chunk;
  const json: unknown = JSON.parse(text);
  if (request.url === '/consensus/operations') {
    return fromHex(operationBodySchema.parse(json).operation);
  }
  if (request.url !== '/consensus/validation/certificate') return null;
  const read = certificateOperation(certificateBodySchema.parse(json));
  return read.ok ? read.operation : null;
}

const open: FakeNode[] = [];

/** Fake nodes for one test; they are gone after it. */
export async function fakeNodes(...conducts: readonly Conduct[]): Promise<FakeNode[]> {
  const cluster = new SigningCluster();
  const nodes = conducts.map((conduct) => new FakeNode(cluster, conduct));
  open.push(...nodes);
  return Promise.all(nodes.map((node) => node.listen()));
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()));
});

export function changesJson(cluster: SigningCluster): unknown {
  return cluster.changes.map(epochChangeToJson);
}
