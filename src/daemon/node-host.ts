import { join } from 'node:path';
import type { Logger } from 'pino';
import { JournalError } from '../runtime/journal-error.ts';
import { LevelJournal } from '../runtime/level-journal.ts';
import { Libp2pNetwork } from '../runtime/libp2p-network.ts';
import { openSoundJournal } from '../runtime/sound-journal.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import { DataLock } from './data-lock.ts';
import { DiskWatch } from './disk-watch.ts';
import { openLog } from './log.ts';
import { MarkedJournal } from './marked-journal.ts';
import { MeshClient } from './mesh-client.ts';
import type { NodeConfig } from './node-config.ts';
import { serveNode } from './node-http.ts';
import { type NodeParts, readNodeParts } from './node-parts.ts';
import { ObservedNode } from './observed-node.ts';
import { RecoveryPace } from './recovery-pace.ts';
import { DaemonRefusal } from './refusal.ts';
import { Stopping } from './stopping.ts';

/** A node that takes part and serves. */
export interface RunningNode {
  /** `/ip4/127.0.0.1/tcp/21000` */
  readonly multiaddr: string;
  /** `http://127.0.0.1:8441` */
  readonly url: string;
  /** Resolves when only a new process helps: its disk failed, and is there again. */
  readonly spent: Promise<void>;
  /** Sends nothing to these replicas from now on, where faults can be injected. */
  cutOff(replicas: readonly number[]): void;
  /** Answers what it has begun over HTTP and takes nothing new; the replica goes on voting. */
  drain(): Promise<void>;
  /** Drains, then leaves the cluster and closes its files. Bounded. */
  stop(): Promise<void>;
}

export interface NodeHostOptions {
  /** How long a process that is about to end may still hold the data directory. */
  readonly lockPatienceMs: number;
  /** Links can be cut on demand. */
  readonly injectFaults: boolean;
}

/**
 * Starts one node: the replica over libp2p and a journal on disk, a client beside it, and HTTP in
 * front. Throws {@link DaemonRefusal} for what the operator can mend, with nothing left running.
 */
export async function startNode(
  config: NodeConfig,
  options: NodeHostOptions,
): Promise<RunningNode> {
  const parts = readNodeParts(config);
  const log = openLog(`node-${config.replica}`, config.log);
  const stopping = new Stopping();
  try {
    return await start(config, parts, options, log, stopping);
  } catch (error) {
    log.error({ err: error }, 'the node does not start');
    await stopping.run();
    throw error;
  }
}

async function start(
  config: NodeConfig,
  parts: NodeParts,
  { lockPatienceMs, injectFaults }: NodeHostOptions,
  log: Logger,
  stopping: Stopping,
): Promise<RunningNode> {
  const { dataDirectory } = config;
  const { genesisFile } = parts;
  const lock = await DataLock.acquire(dataDirectory, lockPatienceMs);
  stopping.add(() => lock.release());
  const disk = new DiskWatch(dataDirectory, systemTimers, log);
  stopping.add(() => disk.stop());
  const { journal, damaged } = await openSoundJournal(join(dataDirectory, 'journal')).catch(
    (error: unknown) => {
      throw journalRefusal(join(dataDirectory, 'journal'), error, howToLoseADisk);
    },
  );
  stopping.add(() => journal.close());
  if (damaged !== null) log.error(damaged, 'the journal is damaged: this node lost its disk');
  const answers = await openJournal(join(dataDirectory, 'answers'), howToForgetAnswers);
  stopping.add(() => answers.close());
  const network = await listen(config, parts);
  stopping.add(() => network.stop());
  const client = new MeshClient({ ...genesisFile, peers: parts.peers });
  stopping.add(() => client.stop());
  await client.start();
  const marked = new MarkedJournal(disk.watch(journal), join(dataDirectory, 'took-part'));
  if (damaged !== null) marked.markNow();
  const { ranBefore } = marked;
  const clientNetwork = client.network;
  const ports = { network, clientNetwork, journal: marked, log, injectFaults };
  const seat = new ObservedNode(config, parts, ports);
  stopping.add(() => seat.stop());
  await seat.start().catch((error: unknown) => {
    throw journalRefusal(join(dataDirectory, 'journal'), error, howToLoseADisk);
  });
  const { status, metrics } = seat;
  const journalWrites = () => seat.journalWrites;
  const shared = { genesisFile, client, status, metrics, journalWrites, log };
  const http = await serveNode({ config: config.http, answers: disk.watch(answers), ...shared });
  stopping.add(() => http.close());
  const pace = new RecoveryPace({ validator: client.validator, timers: systemTimers, status });
  stopping.add(() => pace.stop());
  pace.start();
  const multiaddr = network.listeningMultiaddr ?? config.listen;
  log.info({ multiaddr, url: http.url, ranBefore }, 'the node takes part');
  return {
    multiaddr,
    url: http.url,
    spent: disk.backAgain,
    cutOff: (replicas) => seat.cutOff(replicas),
    drain: () => http.close(),
    async stop() {
      log.info('stopping');
      await stopping.run();
      log.info('stopped');
    },
  };
}

const howToLoseADisk = 'the replica then counts as one that lost its disk';
const howToForgetAnswers = 'requests that were answered are then decided, not answered, again';

/** `cure`: what follows when the operator removes a damaged one. */
async function openJournal(path: string, cure: string): Promise<LevelJournal> {
  try {
    return await LevelJournal.open(path);
  } catch (error) {
    throw journalRefusal(path, error, cure);
  }
}

function journalRefusal(path: string, error: unknown, cure: string): unknown {
  if (!(error instanceof JournalError)) return error;
  if (error.code !== 'JOURNAL_CORRUPT') return new DaemonRefusal('unavailable', error.message);
  const way = `remove ${path} and start again: ${cure}`;
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
