import type { Logger } from 'pino';
import { Random } from '../base/random.ts';
import { ed25519 } from '../base/signature.ts';
import { NodeMetrics } from '../http/node-metrics.ts';
import { Node } from '../node/node.ts';
import { NodeWatch } from '../node/node-watch.ts';
import { type NodeStatus, statusOf } from '../node/status.ts';
import { EventLoopWatch } from '../runtime/event-loop-watch.ts';
import { FaultyNetwork } from '../runtime/faulty-network.ts';
import type { Libp2pNetwork } from '../runtime/libp2p-network.ts';
import type { Observer } from '../runtime/observer.ts';
import { tellAll } from '../runtime/observers.ts';
import { OwnThreadChecks } from '../runtime/own-thread-checks.ts';
import { replicaAddress } from '../runtime/ports.ts';
import { PrometheusRegistry } from '../runtime/prometheus.ts';
import { StaticCheckPool } from '../runtime/static-check-pool.ts';
import { monotonicClock, SystemClock } from '../runtime/system-clock.ts';
import { endOfTurn, systemTimers } from '../runtime/system-timers.ts';
import { TimedJournal } from '../runtime/timed-journal.ts';
import type { MarkedJournal } from './marked-journal.ts';
import type { NodeConfig } from './node-config.ts';
import { logObserver } from './node-log.ts';
import type { NodeParts } from './node-parts.ts';

export interface NodePorts {
  readonly network: Libp2pNetwork;
  /** Of the client beside it, which must not count the votes of the isolated either. */
  readonly clientNetwork: Libp2pNetwork;
  readonly journal: MarkedJournal;
  readonly log: Logger;
  /** Whether {@link ObservedNode.cutOff} can cut links. */
  readonly injectFaults: boolean;
}

/** The replica of a node process on its ports, and those who watch it. */
export class ObservedNode {
  readonly metrics: NodeMetrics;
  private readonly node: Node;
  private readonly watch: NodeWatch;
  private readonly checks: StaticCheckPool | OwnThreadChecks;
  private readonly journal: TimedJournal;
  private readonly eventLoop = new EventLoopWatch();
  private readonly network: Libp2pNetwork;
  private readonly links: FaultyNetwork;
  private readonly replica: number;
  private readonly publicKeys: readonly Uint8Array[];

  constructor(
    config: NodeConfig,
    parts: NodeParts,
    { network, clientNetwork, journal, log, injectFaults }: NodePorts,
  ) {
    const { deployment, genesis } = parts.genesisFile;
    const { chainId, requirements } = genesis;
    this.network = network;
    this.links = new FaultyNetwork(network, {
      clock: monotonicClock,
      timers: systemTimers,
      random: new Random('links'), // no chance is drawn: links are whole or cut
    });
    this.replica = config.replica;
    this.publicKeys = parts.peers.map(({ publicKey }) => publicKey);
    const { statusIntervalMs } = deployment.parameters;
    this.watch = new NodeWatch({ clock: monotonicClock, statusIntervalMs });
    this.metrics = new NodeMetrics({
      registry: new PrometheusRegistry(),
      status: this.status,
      eventLoop: this.eventLoop,
      clock: monotonicClock,
    });
    this.journal = new TimedJournal(journal, monotonicClock, (tookMs) => {
      this.metrics.onJournalWrite(tookMs);
    });
    const { checkThreads: threads } = config;
    this.checks =
      threads === 0
        ? new OwnThreadChecks({ environment: { chainId, requirements, scheme: ed25519 } })
        : new StaticCheckPool({
            environment: { chainId, requirements, scheme: ed25519.name },
            threads,
            onFailure: (error) => log.error({ err: error }, 'a thread that checks proofs ended'),
          });
    this.node = new Node({
      index: config.replica,
      ...deployment,
      signer: parts.key.signer,
      scheme: ed25519,
      genesis,
      clock: new SystemClock(),
      steady: monotonicClock,
      timers: systemTimers,
      network: injectFaults ? this.links : network,
      endOfTurn,
      journal: this.journal,
      observer: tellAll([gaterOf(network, clientNetwork), this.watch, logObserver(log)]),
      ranBefore: journal.ranBefore,
      staticChecks: this.checks,
    });
  }

  /** Recovers from the journal and takes part; rejects with what keeps it from that. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.node.start((error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** How it stands, measured now. */
  readonly status = (): NodeStatus => {
    const linked = new Set(
      this.network.peers.filter(({ connected }) => connected).map(({ address }) => address),
    );
    return statusOf({
      vitals: this.node.vitals,
      watch: this.watch,
      publicKeys: this.publicKeys,
      process: this.replica,
      linked: (process) => linked.has(replicaAddress(process)),
    });
  };

  /** Sends nothing to these replicas from now on; only where faults may be injected. */
  cutOff(replicas: readonly number[]): void {
    this.links.setCutOff(replicas.map(replicaAddress));
  }

  /** Writes on their way to the disk. */
  get journalWrites(): number {
    return this.journal.waiting;
  }

  stop(): void {
    this.node.stop();
    this.checks.stop();
    this.eventLoop.stop();
  }
}

/** The votes of who is isolated count for nothing any more; now it is not even connected. */
function gaterOf(...networks: readonly Libp2pNetwork[]): Observer {
  return {
    onIsolated(replicas) {
      const isolated = new Set(replicas.map(replicaAddress));
      for (const network of networks) network.setRefuse((address) => isolated.has(address));
    },
  };
}
