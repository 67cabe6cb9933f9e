import { weakQuorum } from '../pbft/quorum.ts';
import type { Timers } from '../runtime/ports.ts';
import type { LiveCounts, LivePicture, LiveReplica, LiveWord } from './live.ts';
import { LiveChanges } from './live-changes.ts';
import type { LiveFeed } from './live-feed.ts';
import { askNode, type NodeWord } from './live-poll.ts';

/** A process of the cluster, as its supervisor knows it. */
export interface LiveProcess {
  readonly pid: number | null;
  readonly isUp: boolean;
}

export interface LiveViewOptions {
  readonly feed: LiveFeed;
  readonly cluster: LivePicture['cluster'];
  /** By process: validators of epoch 0, then standbys. */
  readonly processes: readonly LiveProcess[];
  readonly urls: readonly string[];
  /** Hex. */
  readonly publicKeys: readonly string[];
  readonly counts: () => LiveCounts;
  readonly cutOff: (process: number) => readonly number[];
  readonly timers: Timers;
  readonly nowMs: () => number;
  /** How long a node may take to answer before it is shown as frozen. */
  readonly patienceMs?: number;
}

const defaultPatienceMs = 1_500;
/** Between two looks while somebody watches, and while nobody does. */
const watchedMs = 500;
const unwatchedMs = 5_000;

/** Looks at every node again and again, and shows what it saw to the pages that are open. */
export class LiveView {
  private readonly options: LiveViewOptions;
  private readonly changes = new LiveChanges();
  private cancel: () => void = () => undefined;
  private stopped = false;

  constructor(options: LiveViewOptions) {
    this.options = options;
  }

  start(): void {
    void this.look();
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  private async look(): Promise<void> {
    const { feed, urls, publicKeys, processes, nowMs } = this.options;
    const { patienceMs = defaultPatienceMs } = this.options;
    const ask = (url: string, i: number) => askNode(url, publicKeys[i] ?? '', patienceMs);
    const words = await Promise.all(
      urls.map((url, i) => (processes[i]?.isUp ? ask(url, i) : null)),
    );
    if (this.stopped) return;
    const picture = this.paint(words);
    for (const change of this.changes.between(picture, words)) {
      feed.tell({ atMs: nowMs(), ...change });
    }
    feed.show(picture);
    this.wait(watchedMs);
  }

  /** Nobody looks: less often, but a page that opens is served within one short wait. */
  private wait(leftMs: number, waitedMs = 0): void {
    this.cancel = this.options.timers.after(leftMs, () => {
      const waited = waitedMs + leftMs;
      if (this.options.feed.watched || waited >= unwatchedMs) void this.look();
      else this.wait(watchedMs, waited);
    });
  }

  private paint(words: readonly (NodeWord | null)[]): LivePicture {
    const { cluster, counts, nowMs } = this.options;
    const newest = words.find((word) => word !== null);
    const { n, f, quorum } = newest ?? cluster;
    return {
      atMs: nowMs(),
      cluster: { ...cluster, n, f, quorum },
      replicas: words.map((word, process) => this.replica(process, word, words)),
      certificates: counts(),
    };
  }

  private replica(
    process: number,
    word: NodeWord | null,
    words: readonly (NodeWord | null)[],
  ): LiveReplica {
    const { processes, urls, publicKeys, cutOff } = this.options;
    const { pid = null, isUp = false } = processes[process] ?? {};
    const down = pid === null ? 'down' : 'starting';
    const said = word?.word ?? null;
    const standing = opinionOf(publicKeys[process] ?? '', words);
    return {
      replica: process,
      url: urls[process] ?? null,
      pid,
      state: !isUp ? down : said === null ? 'frozen' : 'up',
      said: said === null || standing === null ? said : { ...said, standing },
      cutOff: cutOff(process),
    };
  }
}

/** What f+1 nodes think of one, if they agree that something is wrong; null: nothing is. */
function opinionOf(
  publicKey: string,
  words: readonly (NodeWord | null)[],
): Extract<LiveWord['standing'], 'isolated' | 'suspected'> | null {
  for (const standing of ['isolated', 'suspected'] as const) {
    const by = words.filter((word) =>
      word?.members.some((member) => {
        return member.public_key === publicKey && member.standing === standing;
      }),
    );
    if (by.length >= weakQuorum(words.find((word) => word !== null)?.n ?? 4)) return standing;
  }
  return null;
}
