import type { ChaosOrder } from './live.ts';
import type { LiveFeed } from './live-feed.ts';
import type { LiveProcess } from './live-view.ts';

export interface LiveChaosOptions {
  readonly feed: LiveFeed;
  readonly processes: readonly LiveProcess[];
  readonly signal: (pid: number, signal: NodeJS.Signals) => void;
  /** From now on `process` sends nothing to the replicas named. */
  readonly cutOff: (process: number, from: readonly number[]) => void;
  /** Asks TrustChain for one certificate; what went wrong, or null. */
  readonly request: () => Promise<string | null>;
  readonly nowMs: () => number;
}

/** Carries out the faults that a live page asks for. What it froze it thaws at its end. */
export class LiveChaos {
  private readonly options: LiveChaosOptions;
  private readonly frozen = new Map<number, number>();
  private readonly isolated = new Set<number>();

  constructor(options: LiveChaosOptions) {
    this.options = options;
  }

  /** Replicas that the page's buttons cut `process` off from. */
  cutOffOf(process: number): readonly number[] {
    const others = [...this.options.processes.keys()].filter((other) => other !== process);
    return this.isolated.has(process) ? others : others.filter((other) => this.isolated.has(other));
  }

  /** Why the order cannot be carried out; null once it is. */
  async obey(order: ChaosOrder): Promise<string | null> {
    switch (order.action) {
      case 'request':
        return this.options.request();
      case 'heal':
        this.isolated.clear();
        this.tellCuts();
        return this.told('healed', null, 'all links are whole again');
      case 'isolateNetwork':
        if (this.options.processes[order.replica] === undefined) return noSuch(order.replica);
        this.isolated.add(order.replica);
        this.tellCuts();
        return this.told('fault', order.replica, `replica ${order.replica} is cut off from all`);
      default:
        return this.hurt(order.action, order.replica);
    }
  }

  /** A process that was started again knows of no cut. */
  returned(process: number): void {
    this.frozen.delete(process);
    this.options.cutOff(process, this.cutOffOf(process));
  }

  stop(): void {
    for (const replica of [...this.frozen.keys()]) this.hurt('thaw', replica);
  }

  private hurt(action: 'kill' | 'freeze' | 'thaw', replica: number): string | null {
    const pid = this.options.processes[replica]?.pid ?? null;
    if (this.options.processes[replica] === undefined) return noSuch(replica);
    if (pid === null) return `replica ${replica} is down already`;
    if (action === 'kill') {
      this.options.signal(pid, 'SIGKILL');
      return this.told('fault', replica, `replica ${replica} was killed`);
    }
    if (action === 'freeze') {
      this.frozen.set(replica, pid);
      this.options.signal(pid, 'SIGSTOP');
      return this.told('fault', replica, `replica ${replica} was frozen`);
    }
    if (this.frozen.get(replica) !== pid) return `replica ${replica} is not frozen`;
    this.frozen.delete(replica);
    this.options.signal(pid, 'SIGCONT');
    return this.told('healed', replica, `replica ${replica} goes on`);
  }

  private tellCuts(): void {
    for (const process of this.options.processes.keys()) {
      this.options.cutOff(process, this.cutOffOf(process));
    }
  }

  private told(kind: 'fault' | 'healed', replica: number | null, text: string): null {
    const { feed, nowMs } = this.options;
    feed.tell({ atMs: nowMs(), kind, replica, text });
    return null;
  }
}

function noSuch(replica: number): string {
  return `there is no replica ${replica}`;
}
