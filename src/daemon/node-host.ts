import { join } from 'node:path';
import type { Logger } from 'pino';
import { ed25519 } from '../base/signature.ts';
import { Node } from '../node/node.ts';
import { JournalError } from '../runtime/journal-error.ts';
import { LevelJournal } from '../runtime/level-journal.ts';
import { Libp2pNetwork } from '../runtime/libp2p-network.ts';
import type { Observer } from '../runtime/observer.ts';
import { replicaAddress } from '../runtime/ports.ts';
import { StaticCheckPool } from '../runtime/static-check-pool.ts';
import { monotonicClock, SystemClock } from '../runtime/system-clock.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import { DataLock } from './data-lock.ts';
import { openLog } from './log.ts';
import { MarkedJournal } from './marked-journal.ts';
import { MeshClient } from './mesh-client.ts';
import type { NodeConfig } from './node-config.ts';
import { logObserver } from './node-log.ts';
import { type NodeParts, readNodeParts } from './node-parts.ts';
import { tellAll } from './observers.ts';
import { DaemonRefusal } from './refusal.ts';
import { Stopping } from './stopping.ts';

/** A node that takes part and serves. */
export interface RunningNode {
  /** `/ip4/127.0.0.1/tcp/21000` */
  readonly multiaddr: string;
  /** Answers what it has begun over HTTP and takes nothing new; the replica goes on voting. */
  drain(): Promise<void>;
  /** Drains, then leaves the cluster and closes its files. Bounded. */
  stop(): Promise<void>;
}

export interface NodeHostOptions {
  /** How long a process that is about to end may still hold the data directory. */
  readonly lockPatienceMs: number;
}

/**
 * Starts one node: the replica over libp2p and a journal on disk, a client beside it, and HTTP in
 * front. Throws {@link DaemonRefusal} for what the operator can mend, with nothing left running.
 */
export async function startNode(
  config: NodeConfig,
  { lockPatienceMs }: NodeHostOptions,
): Promise<RunningNode> {
  const parts = readNodeParts(config);
  const log = openLog(`node-${config.replica}`, config.log);
  const stopping = new Stopping();
  try {
    return await start(config, parts, lockPatienceMs, log, stopping);
  } catch (error) {
    log.error({ err: error }, 'the node does not start');
    await stopping.run();
    throw error;
  }
}

async function start(
  config: NodeConfig,
  parts: NodeParts,
  lockPatienceMs: number,
  log: Logger,
  stopping: Stopping,
): Promise<RunningNode> {
  const { dataDirectory } = config;
  const lock = await DataLock.acquire(dataDirectory, lockPatienceMs);
  stopping.add(() => lock.release());
  const journal = await openJournal(join(dataDirectory, 'journal'));
  stopping.add(() => journal.close());
  const network = await listen(config, parts);
  stopping.add(() => network.stop());
  const client = new MeshClient({
    deployment: parts.genesisFile.deployment,
    peers: parts.peers,
    patient: parts.genesisFile.profile === 'production',
  });
  stopping.add(() => client.stop());
  await client.start();
  const marked = new MarkedJournal(journal, join(dataDirectory, 'took-part'));
  await runNode(config, parts, { network, journal: marked, log }, stopping);
  const multiaddr = network.listeningMultiaddr ?? config.listen;
  log.info({ multiaddr, ranBefore: marked.ranBefore }, 'the node takes part');
  return {
    multiaddr,
    drain: async () => undefined,
    async stop() {
      log.info('stopping');
      await stopping.run();
      log.info('stopped');
    },
  };
}

async function openJournal(path: string): Promise<LevelJournal> {
  try {
    return await LevelJournal.open(path);
  } catch (error) {
    if (error instanceof JournalError) throw journalRefusal(path, error);
    throw error;
  }
}

function journalRefusal(path: string, error: JournalError): DaemonRefusal {
  if (error.code !== 'JOURNAL_CORRUPT') return new DaemonRefusal('unavailable', error.message);
  const way = `remove ${path} and start again: the replica then counts as one that lost its disk`;
  return new DaemonRefusal('badInput', `${error.message}; ${way}`);
}

async function listen(config: NodeConfig, { key, peers }: NodeParts): Promise<Libp2pNetwork> {
  const network = new Libp2pNetwork({
    seed: key.seed,
    listen: config.listen,
    peers: peers.filter((_, index) => index !== config.replica),
  });
  try {
    await network.start();
    return network;
  } catch (error) {
    await network.stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new DaemonRefusal('unavailable', `${config.listen}: cannot listen: ${reason}`, error);
  }
}

interface NodePorts {
  readonly network: Libp2pNetwork;
  readonly journal: MarkedJournal;
  readonly log: Logger;
}

async function runNode(
  config: NodeConfig,
  { genesisFile, key }: NodeParts,
  { network, journal, log }: NodePorts,
  stopping: Stopping,
): Promise<void> {
  const { deployment, genesis } = genesisFile;
  const { chainId, requirements } = genesis;
  const pool = new StaticCheckPool({
    environment: { chainId, requirements, scheme: ed25519.name },
    threads: config.checkThreads,
    onFailure: (error) => log.error({ err: error }, 'a thread that checks proofs ended'),
  });
  stopping.add(() => pool.stop());
  const gater: Observer = {
    onIsolated(replicas) {
      // Their votes count for nothing any more; now they are not even connected.
      const isolated = new Set(replicas.map(replicaAddress));
      network.setRefuse((address) => isolated.has(address));
    },
  };
  const node = new Node({
    index: config.replica,
    ...deployment,
    signer: key.signer,
    scheme: ed25519,
    genesis,
    clock: new SystemClock(),
    steady: monotonicClock,
    timers: systemTimers,
    network,
    journal,
    observer: tellAll([gater, logObserver(log)]),
    ranBefore: journal.ranBefore,
    staticChecks: pool,
  });
  stopping.add(() => node.stop());
  await new Promise<void>((resolve, reject) => {
    node.start((error) => (error === null ? resolve() : reject(asRefusal(config, error))));
  });
}

function asRefusal({ dataDirectory }: NodeConfig, error: Error): Error {
  const path = join(dataDirectory, 'journal');
  const corrupt = new JournalError('JOURNAL_CORRUPT', error.message, error);
  return journalRefusal(path, error instanceof JournalError ? error : corrupt);
}
