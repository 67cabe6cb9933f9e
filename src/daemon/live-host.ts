import { toHex } from '../base/bytes.ts';
import { maxFaulty, quorum } from '../pbft/quorum.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import type { ClusterDirectory } from './cluster-directory.ts';
import type { NodeProcess } from './cluster-processes.ts';
import { readGenesisFile } from './genesis-file.ts';
import type { LiveSettled } from './live.ts';
import { LiveChaos } from './live-chaos.ts';
import { SettledCounts } from './live-counts.ts';
import { LiveFeed } from './live-feed.ts';
import { requestOne } from './live-request.ts';
import { type LiveServer, startLiveServer } from './live-server.ts';
import { LiveView } from './live-view.ts';
import { loopback } from './ports.ts';

export interface LiveHostOptions {
  readonly directory: ClusterDirectory;
  readonly nodes: readonly string[];
  readonly trustchain: string;
  /** The page as HTML. */
  readonly page: string;
  readonly port: number;
  /** Whether the page may inject faults. */
  readonly chaos: boolean;
}

const pendingPollMs = 1_000;

/** The live page of a cluster on this machine, and what feeds it. */
export class LiveHost {
  private readonly feed = new LiveFeed();
  private readonly counts = new SettledCounts();
  private chaos: LiveChaos | null = null;
  private view: LiveView | null = null;
  private server: LiveServer | null = null;
  private cancelPoll: () => void = () => undefined;

  /** Something happened to a process, in words. */
  readonly notice = (text: string): void => {
    const kind = text.includes(' is up again') ? 'healed' : 'process';
    this.feed.tell({ atMs: Date.now(), kind, text });
  };

  readonly settled = (settled: LiveSettled): void => {
    this.counts.add(settled);
    this.feed.tell({ atMs: Date.now(), ...settled });
  };

  /** A node's process is up, for the first time or again. */
  returned(replica: number): void {
    this.chaos?.returned(replica);
  }

  /** Serves the page; resolves to its address. */
  async start(options: LiveHostOptions, processes: readonly NodeProcess[]): Promise<string> {
    const { directory, nodes, trustchain, page, port } = options;
    const { deployment } = readGenesisFile(directory.genesisFile);
    const { chainId, publicKeys } = deployment.validators;
    const n = publicKeys.length;
    const { profile } = directory.file;
    const { feed } = this;
    this.chaos = options.chaos ? this.makeChaos(processes, trustchain) : null;
    const shape = { id: chainId, n, f: maxFaulty(n), quorum: quorum(n) };
    this.view = new LiveView({
      feed,
      cluster: { ...shape, profile, trustchain, chaos: options.chaos },
      processes,
      urls: nodes,
      publicKeys: [...publicKeys, ...deployment.standbys].map(toHex),
      counts: () => this.counts.now,
      cutOff: (process) => this.chaos?.cutOffOf(process) ?? [],
      timers: systemTimers,
      nowMs: () => Date.now(),
    });
    const { chaos } = this;
    const obey = chaos === null ? null : chaos.obey.bind(chaos);
    this.server = await startLiveServer({ feed, page, host: loopback, port, chaos: obey });
    this.view.start();
    this.pollPending(trustchain);
    return this.server.url;
  }

  async stop(): Promise<void> {
    this.cancelPoll();
    this.view?.stop();
    this.chaos?.stop();
    await this.server?.stop();
  }

  private makeChaos(processes: readonly NodeProcess[], trustchain: string): LiveChaos {
    return new LiveChaos({
      feed: this.feed,
      processes,
      signal: (pid, signal) => process.kill(pid, signal),
      cutOff: (replica, from) => processes[replica]?.cutOff(from),
      request: () => requestOne(trustchain),
      nowMs: () => Date.now(),
    });
  }

  private pollPending(trustchain: string): void {
    this.cancelPoll = systemTimers.after(pendingPollMs, () => {
      if (!this.feed.watched) return this.pollPending(trustchain);
      const signal = AbortSignal.timeout(pendingPollMs);
      void fetch(`${trustchain}/readyz`, { signal })
        .then((answer) => answer.json() as Promise<{ pending?: number }>)
        .then(({ pending = 0 }) => {
          this.counts.pending = pending;
        })
        .catch(() => undefined) // TrustChain is on its way back: what was last known stands
        .finally(() => this.pollPending(trustchain));
    });
  }
}
