import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { toHex } from '../../base/bytes.ts';
import { Random } from '../../base/random.ts';
import { ed25519 } from '../../base/signature.ts';
import { localhostHttpLimits } from '../../http/limits.ts';
import { NodeMetrics } from '../../http/node-metrics.ts';
import { createNodeServer } from '../../http/node-server.ts';
import { EpochChain } from '../../ledger/epoch-chain.ts';
import { NodeWatch } from '../../node/node-watch.ts';
import { type NodeStatus, statusOf } from '../../node/status.ts';
import { voteVerifier } from '../../pbft/envelope.ts';
import { EventLoopWatch } from '../../runtime/event-loop-watch.ts';
import { LevelJournal } from '../../runtime/level-journal.ts';
import { Libp2pNetwork } from '../../runtime/libp2p-network.ts';
import { MemoryJournal } from '../../runtime/memory-journal.ts';
import type { StageMeter } from '../../runtime/meter.ts';
import { replicaAddress } from '../../runtime/ports.ts';
import { PrometheusRegistry } from '../../runtime/prometheus.ts';
import { monotonicClock, SystemClock } from '../../runtime/system-clock.ts';
import { systemTimers } from '../../runtime/system-timers.ts';
import { ValidationClient } from '../../validation/client.ts';
import { rememberVotes } from '../../validation/remembered-votes.ts';
import { localhostRetryPolicy } from '../../validation/retry-policy.ts';
import { localhostServiceLimits } from '../../validation/service-types.ts';
import type { Hosted, HostedWorld } from '../replica-host.ts';
import { measuredNode } from './measured-node.ts';

/**
 * A measured node with HTTP in front, as `hypermesh node` has it: beside the replica a client of
 * all replicas over a libp2p host of its own, and answers on disk before they are told. Only its
 * limit on one client's requests a minute is off: a few nodes ask for all the clients here.
 */
export function nodeWithDoor(world: HostedWorld, meter: StageMeter): Hosted {
  const { statusIntervalMs } = world.config.deployment.parameters;
  const watch = new NodeWatch({ clock: monotonicClock, statusIntervalMs });
  const node = measuredNode(world, meter, [watch]);
  const publicKeys = world.config.deployment.validators.publicKeys;
  const status = () =>
    statusOf({
      vitals: node.vitals(),
      ...{ watch, publicKeys, process: world.config.replica },
      linked: (process) => world.linked(replicaAddress(process)),
    });
  const door = new Door(world, status);
  return {
    ...node,
    url: () => door.url,
    start(done) {
      node.start((error) => {
        if (error !== null) return done(error);
        door.open().then(() => done(null), done);
      });
    },
    async stop() {
      await door.close();
      node.stop();
    },
  };
}

class Door {
  private readonly world: HostedWorld;
  private readonly status: () => NodeStatus;
  private readonly network: Libp2pNetwork;
  private readonly client: ValidationClient;
  private readonly epochs: EpochChain;
  private readonly eventLoop = new EventLoopWatch();
  private answers: LevelJournal | MemoryJournal | null = null;
  private server: FastifyInstance | null = null;
  url: string | null = null;

  constructor(world: HostedWorld, status: () => NodeStatus) {
    const { validators } = world.config.deployment;
    this.world = world;
    this.status = status;
    const peers = validators.publicKeys.map((publicKey, replica) => {
      const address = replicaAddress(replica);
      return { address, publicKey, multiaddr: world.multiaddrs.get(address) ?? null };
    });
    const seed = new Uint8Array(randomBytes(32));
    this.network = new Libp2pNetwork({ seed, listen: null, peers });
    this.epochs = new EpochChain(validators, (set) => rememberVotes(voteVerifier(ed25519, set)));
    this.client = new ValidationClient({
      network: this.network,
      timers: systemTimers,
      random: new Random(toHex(seed)),
      epochs: this.epochs,
      policy: localhostRetryPolicy,
    });
  }

  async open(): Promise<void> {
    const { scenario, dataDirectory, genesis } = this.world.config;
    await this.network.start();
    this.answers =
      scenario.storage === 'level'
        ? await LevelJournal.open(join(dataDirectory, 'answers'))
        : new MemoryJournal();
    const { status, eventLoop } = this;
    const registry = new PrometheusRegistry();
    const metrics = new NodeMetrics({ registry, status, eventLoop, clock: monotonicClock });
    const known = genesis.accounts.map(({ nodeId }) => [toHex(nodeId), Infinity] as const);
    this.server = await createNodeServer({
      genesis,
      scheme: ed25519,
      validator: this.client,
      epochs: this.epochs,
      status,
      metrics,
      answers: this.answers,
      clock: new SystemClock(),
      monotonic: monotonicClock,
      timers: systemTimers,
      service: localhostServiceLimits,
      http: localhostHttpLimits,
      ratesByNode: Object.fromEntries(known),
    });
    this.url = await this.server.listen({ host: '127.0.0.1', port: 0 });
  }

  async close(): Promise<void> {
    await this.server?.close();
    this.client.stop();
    await this.network.stop();
    await this.answers?.close();
    this.eventLoop.stop();
  }
}
