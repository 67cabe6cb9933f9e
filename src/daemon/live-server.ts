import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ChaosOrder } from './live.ts';
import type { LiveFeed } from './live-feed.ts';

export interface LiveServerOptions {
  readonly feed: LiveFeed;
  /** The whole page as HTML. */
  readonly page: string;
  /** Its content security policy must allow `connect-src 'self'`. */
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  /** Carries out a fault, or says why not; null: faults are not to be had here. */
  readonly chaos: ((order: ChaosOrder) => Promise<string | null>) | null;
}

export interface LiveServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A connection that says nothing is cut by proxies and forgotten by browsers. */
const heartbeatMs = 15_000;
/** A page that does not read is dropped before it costs memory: it reconnects and catches up. */
const maxBufferedBytes = 1024 * 1024;
const reconnectMs = 1_000;

const replica = z.number().int().min(0).max(255);
const chaosOrder = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('kill'), replica }),
  z.strictObject({ action: z.literal('freeze'), replica }),
  z.strictObject({ action: z.literal('thaw'), replica }),
  z.strictObject({ action: z.literal('isolateNetwork'), replica }),
  z.strictObject({ action: z.literal('heal') }),
  z.strictObject({ action: z.literal('request') }),
]);

/**
 * Serves the live page of a cluster: `/`, its events as a stream (`/live/events`, server-sent
 * events of the HTML standard §9.2), and, with chaos, `/live/chaos`. Nothing here changes what the
 * cluster decides: faults are what the network and the machine could do too.
 */
export async function startLiveServer(options: LiveServerOptions): Promise<LiveServer> {
  const app = fastify({ bodyLimit: 1024, requestTimeout: 10_000, forceCloseConnections: true });
  const streams = new Set<() => void>();
  app.get('/', (_request, reply) => {
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(options.page);
  });
  app.get('/live/events', (request, reply) => stream(options.feed, request, reply, streams));
  addChaos(app, options.chaos);
  await app.listen({ host: options.host, port: options.port });
  const { address, family, port } = app.server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `http://${host}:${port}`,
    async stop() {
      for (const end of streams) end();
      await app.close();
    },
  };
}

function addChaos(app: FastifyInstance, chaos: LiveServerOptions['chaos']): void {
  app.post('/live/chaos', async (request, reply) => {
    const refuse = (status: number, detail: string) => {
      const problem = { type: 'about:blank', title: 'no fault injected', status, detail };
      return reply.code(status).type('application/problem+json').send(problem);
    };
    if (chaos === null) return refuse(403, 'start the cluster with --chaos to inject faults');
    if (!isLoopback(request.ip)) return refuse(403, 'faults are taken from this machine only');
    // Another site's page can send a form here, but no JSON and not in our name.
    const { origin } = request.headers;
    if (origin !== undefined && origin !== `http://${request.headers.host}`) {
      return refuse(403, `faults are not taken from pages of ${origin.slice(0, 100)}`);
    }
    const order = chaosOrder.safeParse(request.body);
    if (!order.success) return refuse(422, z.prettifyError(order.error));
    const problem = await chaos(order.data);
    return problem === null ? reply.code(204).send() : refuse(409, problem);
  });
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || /^(::ffff:)?127\./.test(ip);
}

function stream(
  feed: LiveFeed,
  request: FastifyRequest,
  reply: FastifyReply,
  streams: Set<() => void>,
): FastifyReply {
  const { raw } = reply;
  const write = (text: string): void => {
    if (raw.destroyed) return;
    if (raw.writableLength > maxBufferedBytes) raw.destroy();
    else raw.write(text);
  };
  const after = Number(request.headers['last-event-id'] ?? 0);
  const waiting: string[] = [];
  let open = false;
  const say = (text: string): void => {
    if (open) write(text);
    else waiting.push(text);
  };
  const stopListening = feed.listen(
    {
      onPicture: (picture) => say(`event: picture\ndata: ${JSON.stringify(picture)}\n\n`),
      onEvent: (event) => {
        say(`event: happened\nid: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`);
      },
    },
    Number.isSafeInteger(after) && after > 0 ? after : 0,
  );
  if (stopListening === null) {
    return reply.code(503).header('retry-after', '10').send('too many pages are open');
  }
  reply.hijack();
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    connection: 'keep-alive',
  });
  raw.write(`retry: ${reconnectMs}\n\n`);
  open = true;
  for (const text of waiting) write(text);
  const heartbeat = setInterval(() => write(': still here\n\n'), heartbeatMs);
  const end = (): void => {
    clearInterval(heartbeat);
    stopListening();
    streams.delete(end);
    raw.end();
  };
  streams.add(end);
  raw.on('close', end);
  return reply;
}
