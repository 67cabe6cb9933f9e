import type { FastifyInstance } from 'fastify';
import { Random } from '../../src/base/random.ts';
import { ed25519 } from '../../src/base/signature.ts';
import { type HttpLimits, localhostHttpLimits } from '../../src/http/limits.ts';
import { NodeMetrics } from '../../src/http/node-metrics.ts';
import { createNodeServer, type NodeServerOptions } from '../../src/http/node-server.ts';
import { EpochChain } from '../../src/ledger/epoch-chain.ts';
import { Node } from '../../src/node/node.ts';
import { NodeWatch } from '../../src/node/node-watch.ts';
import { statusOf } from '../../src/node/status.ts';
import { voteVerifier } from '../../src/pbft/envelope.ts';
import type { Parameters } from '../../src/pbft/replica.ts';
import { EventLoopWatch } from '../../src/runtime/event-loop-watch.ts';
import { MemoryJournal } from '../../src/runtime/memory-journal.ts';
import { type Address, type Network, replicaAddress } from '../../src/runtime/ports.ts';
import { PrometheusRegistry } from '../../src/runtime/prometheus.ts';
import { monotonicClock } from '../../src/runtime/system-clock.ts';
import { systemTimers } from '../../src/runtime/system-timers.ts';
import { ValidationClient } from '../../src/validation/client.ts';
import { localhostRetryPolicy } from '../../src/validation/retry-policy.ts';
import { localhostServiceLimits, type ServiceLimits } from '../../src/validation/service-types.ts';
import { genesis, validatorSigners } from '../ledger/fixtures.ts';
import { chainId, startMs } from '../proofs/fixtures.ts';

export const parameters: Parameters = {
  checkpointInterval: 16,
  logWindow: 64,
  maxBatchOperations: 256,
  maxBatchBytes: 1024 * 1024,
  pipelineDepth: 8,
  proposalIntervalMs: 0,
  requestTimeoutMs: 2_000,
  statusIntervalMs: 150,
  maxClockSkewMs: 5_000,
};

export interface ClusterOptions {
  readonly http?: Partial<HttpLimits>;
  readonly service?: Partial<ServiceLimits>;
  readonly server?: Partial<NodeServerOptions>;
}

/** One HTTP node: server, client and replica, as a process has them. */
interface Seat {
  readonly node: Node;
  readonly watch: NodeWatch;
  readonly client: ValidationClient;
  readonly epochs: EpochChain;
  readonly answers: MemoryJournal;
  server: FastifyInstance;
  metrics: NodeMetrics;
}

type Receive = (from: Address, frame: Uint8Array) => void;

/** Four real nodes in one process, in real time, each with its HTTP server and its own client. */
export class HttpCluster {
  readonly seats: Seat[] = [];
  private readonly options: ClusterOptions;
  private readonly receivers = new Map<Address, Receive>();
  private readonly down = new Set<Address>();
  private readonly eventLoop = new EventLoopWatch();
  private readonly beganMs = performance.now();

  constructor(options: ClusterOptions = {}) {
    this.options = options;
  }

  static async start(options: ClusterOptions = {}): Promise<HttpCluster> {
    const cluster = new HttpCluster(options);
    for (const index of validatorSigners.keys()) await cluster.addSeat(index);
    await until(() => cluster.seats.every(({ watch }) => watch.hears(0) || watch.hears(1)));
    return cluster;
  }

  /** Agreed time begins where the genesis of the tests does. */
  readonly clock = { nowMs: () => startMs + 1_000 + Math.floor(performance.now() - this.beganMs) };

  server(index = 0): FastifyInstance {
    return this.seats[index]!.server;
  }

  /** Cut off from now on: nothing comes from these replicas, nothing reaches them. */
  cut(...replicas: readonly number[]): void {
    this.down.clear();
    for (const replica of replicas) this.down.add(replicaAddress(replica));
  }

  /** Waits until node `index` sees a quorum, or does not. */
  async sees(quorum: boolean, index = 0): Promise<void> {
    const path = '/consensus/health';
    await until(async () => {
      const { statusCode } = await this.server(index).inject(path);
      return (statusCode === 200) === quorum;
    });
  }

  /** The HTTP side of a node ends and begins again; its kept answers are there still. */
  async restartServer(index: number, changes: Partial<NodeServerOptions> = {}): Promise<void> {
    const seat = this.seats[index]!;
    await seat.server.close();
    const { metrics, server } = await this.makeServer(seat, index, changes);
    Object.assign(seat, { metrics, server });
  }

  async stop(): Promise<void> {
    for (const { node, client } of this.seats) {
      client.stop();
      node.stop();
    }
    this.eventLoop.stop();
    await Promise.all(this.seats.map(({ server }) => server.close()));
  }

  private async addSeat(index: number): Promise<void> {
    const watch = new NodeWatch({
      clock: monotonicClock,
      statusIntervalMs: parameters.statusIntervalMs,
    });
    const node = new Node({
      index,
      validators: { chainId, epoch: 0, publicKeys: genesis.validators },
      parameters,
      signer: validatorSigners[index]!,
      scheme: ed25519,
      genesis,
      clock: this.clock,
      timers: systemTimers,
      network: this.link(replicaAddress(index)),
      journal: new MemoryJournal(),
      observer: watch,
      ranBefore: false,
    });
    const epochs = new EpochChain(validators, (set) => voteVerifier(ed25519, set));
    const client = new ValidationClient({
      network: this.link(`client-${index}`),
      timers: systemTimers,
      random: new Random(`client ${index}`),
      epochs,
      policy: { ...localhostRetryPolicy, timeoutMs: 2_000, retryMs: 100, maxRetryMs: 400 },
    });
    const seat = { node, watch, client, epochs, answers: new MemoryJournal() };
    const { metrics, server } = await this.makeServer(seat, index);
    this.seats.push({ ...seat, metrics, server });
    await new Promise<void>((resolve, reject) => {
      node.start((error) => (error === null ? resolve() : reject(error)));
    });
  }

  private async makeServer(
    { node, watch, client, epochs, answers }: Omit<Seat, 'server' | 'metrics'>,
    process: number,
    more: Partial<NodeServerOptions> = {},
  ): Promise<Pick<Seat, 'server' | 'metrics'>> {
    const { http, service, server: changes } = this.options;
    const status = () =>
      statusOf({ vitals: node.vitals, watch, publicKeys: genesis.validators, process });
    const metrics = new NodeMetrics({
      registry: new PrometheusRegistry(),
      status,
      eventLoop: this.eventLoop,
      clock: monotonicClock,
    });
    const server = await createNodeServer({
      genesis,
      scheme: ed25519,
      validator: client,
      epochs,
      status,
      metrics,
      answers,
      clock: this.clock,
      monotonic: monotonicClock,
      timers: systemTimers,
      // However busy the machine that tests is: only tests of deadlines meet one.
      service: { ...localhostServiceLimits, deadlineMs: 120_000, ...service },
      http: { ...localhostHttpLimits, perMinute: Infinity, ...http },
      ...changes,
      ...more,
    });
    return { server, metrics };
  }

  /** Frames arrive in a later turn, in order, unless either end is cut off. */
  private link(self: Address): Network {
    return {
      send: (to, frame) => {
        setImmediate(() => {
          // A client sits beside its replica and shares its cable.
          const ends = [self, to].map((end) => end.replace('client', 'replica'));
          if (ends[0] !== ends[1] && ends.some((end) => this.down.has(end))) return;
          this.receivers.get(to)?.(self, new Uint8Array(frame));
        });
      },
      onFrame: (receive) => void this.receivers.set(self, receive),
    };
  }
}

const validators = { chainId, epoch: 0, publicKeys: genesis.validators };

/** Waits for what must come; a test that waits in vain is ended by its own time. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
