import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { ed25519 } from '../base/signature.ts';
import type { TlsOptions } from '../http/base-server.ts';
import { type HttpLimits, localhostHttpLimits, productionHttpLimits } from '../http/limits.ts';
import type { NodeMetrics } from '../http/node-metrics.ts';
import { createNodeServer } from '../http/node-server.ts';
import type { NodeStatus } from '../node/status.ts';
import type { Journal } from '../runtime/ports.ts';
import { monotonicClock, SystemClock } from '../runtime/system-clock.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import { localhostServiceLimits, productionServiceLimits } from '../validation/service-types.ts';
import type { GenesisFile } from './genesis-file.ts';
import type { MeshClient } from './mesh-client.ts';
import type { NodeHttpConfig } from './node-config.ts';
import { DaemonRefusal } from './refusal.ts';

export interface NodeHttpOptions {
  readonly config: NodeHttpConfig;
  readonly genesisFile: GenesisFile;
  readonly client: MeshClient;
  readonly status: () => NodeStatus;
  readonly metrics: NodeMetrics;
  readonly answers: Journal;
  readonly journalWrites: () => number;
  readonly log: Logger;
}

/** HTTP in front of a node. */
export interface NodeHttp {
  /** `http://127.0.0.1:8441`, or `https:`. */
  readonly url: string;
  /** Answers what was begun, for a bounded time, and closes. Again: the same. */
  close(): Promise<void>;
}

/** Serves a node over HTTP; throws {@link DaemonRefusal} where it cannot listen. */
export async function serveNode(options: NodeHttpOptions): Promise<NodeHttp> {
  const { config, genesisFile, client, log } = options;
  const { genesis, profile } = genesisFile;
  const isLocal = profile === 'localhost';
  const tls = readTls(config);
  const server = await createNodeServer({
    genesis,
    scheme: ed25519,
    validator: client.validator,
    epochs: client.epochs,
    status: options.status,
    metrics: options.metrics,
    answers: options.answers,
    clock: new SystemClock(),
    monotonic: monotonicClock,
    timers: systemTimers,
    service: isLocal ? localhostServiceLimits : productionServiceLimits,
    http: limitsOf(config, isLocal),
    ratesByNode: Object.fromEntries(config.unlimited.map((nodeId) => [nodeId, Infinity])),
    ...(tls === null ? {} : { tls }),
    log,
    journalWrites: options.journalWrites,
  });
  const { host } = config;
  try {
    await server.listen({ host, port: config.port });
  } catch (error) {
    await server.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new DaemonRefusal('unavailable', `http ${host}:${config.port}: ${reason}`, error);
  }
  let closed: Promise<void> | null = null;
  return {
    url: urlOf(server, tls === null ? 'http' : 'https', host),
    close() {
      closed ??= server.close();
      return closed;
    },
  };
}

function limitsOf({ perMinute }: NodeHttpConfig, isLocal: boolean): HttpLimits {
  const limits = isLocal ? localhostHttpLimits : productionHttpLimits;
  return perMinute === null ? limits : { ...limits, perMinute };
}

function readTls({ tls }: NodeHttpConfig): TlsOptions | null {
  if (tls === null) return null;
  const { keyFile, certificateFile, clientCaFile } = tls;
  const read = (path: string) => {
    try {
      return readFileSync(path);
    } catch (error) {
      const message = `${path}: found nothing readable; allowed: a file in PEM`;
      throw new DaemonRefusal('badInput', message, error);
    }
  };
  return {
    key: read(keyFile),
    cert: read(certificateFile),
    ...(clientCaFile === null ? {} : { clientCa: read(clientCaFile) }),
  };
}

function urlOf(server: FastifyInstance, scheme: string, host: string): string {
  const { port } = server.server.address() as AddressInfo;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
