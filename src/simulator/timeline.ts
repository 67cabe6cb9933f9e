import type { Scenario, TimelineEvent } from '../scenario/scenario.ts';
import type { RunEvent } from '../scenario/trace.ts';
import type { NetworkModel } from './network-model.ts';
import type { ReplicaHost } from './replica-host.ts';
import type { Scheduler } from './virtual-time.ts';

/** What happened to the world, without its time. */
export type FaultNotice = Omit<Extract<RunEvent, { type: 'fault' }>, 'atMs' | 'type'>;

type HostEvent = Extract<TimelineEvent, { type: 'crash' | 'restart' | 'failWrites' | 'clock' }>;

export interface TimelineOptions {
  readonly scenario: Scenario;
  readonly scheduler: Scheduler;
  readonly network: NetworkModel;
  readonly hosts: readonly ReplicaHost[];
  /** A fault was put in force or lifted. */
  readonly onFault: (fault: FaultNotice) => void;
  /** Before a new incarnation starts, so that readers forget the old one. */
  readonly onRestart: (replica: number) => void;
  /** Has the operators take an isolated replica back; calls back with what came of it. */
  readonly readmit: (replica: number, done: (outcome: string) => void) => void;
}

/**
 * Plays the scenario's timeline in virtual time. `for` ends a fault unless a later event of the
 * same kind has taken its place.
 */
export class Timeline {
  /** Events, ends of faults included, that have not happened yet. */
  left = 0;
  private readonly options: TimelineOptions;
  private partitions = 0;
  private readonly linkChanges = new Map<string, number>();

  constructor(options: TimelineOptions) {
    this.options = options;
    for (const event of options.scenario.timeline) {
      this.at(event.atMs, () => this.play(event));
    }
  }

  private at(atMs: number, action: () => void): void {
    this.left++;
    this.options.scheduler.at(atMs * 1000, () => {
      this.left--;
      action();
    });
  }

  private after(delayMs: number, action: () => void): void {
    this.at(this.options.scheduler.nowUs / 1000 + delayMs, action);
  }

  private play(event: TimelineEvent): void {
    switch (event.type) {
      case 'partition':
        return this.partition(event);
      case 'heal':
        return this.heal();
      case 'link':
        return this.link(event);
      case 'readmit':
        return this.readmit(event.replica);
      default:
        return this.onHost(event);
    }
  }

  private partition({ groups, forMs }: Extract<TimelineEvent, { type: 'partition' }>): void {
    const { network, onFault } = this.options;
    const number = ++this.partitions;
    network.partition(groups);
    const detail = groups.map((group) => group.join(' ')).join(' | ');
    onFault({ what: 'partition', replicas: groups.flat(), detail });
    if (forMs === null) return;
    this.after(forMs, () => {
      if (number === this.partitions) this.heal();
    });
  }

  private heal(): void {
    this.partitions++;
    this.options.network.heal();
    this.options.onFault({ what: 'heal', replicas: [], detail: 'the partition is over' });
  }

  private link({ from, to, loss, forMs }: Extract<TimelineEvent, { type: 'link' }>): void {
    const key = `${from} ${to}`;
    const number = (this.linkChanges.get(key) ?? 0) + 1;
    const set = (share: number): void => {
      this.options.network.setLinkLoss(from, to, share);
      const detail = `${from} to ${to} loses ${Math.round(share * 100)} %`;
      this.options.onFault({ what: 'link', replicas: [from, to], detail });
    };
    this.linkChanges.set(key, number);
    set(loss);
    if (forMs === null) return;
    this.after(forMs, () => {
      if (this.linkChanges.get(key) === number) set(0);
    });
  }

  private readmit(replica: number): void {
    this.left++;
    this.options.readmit(replica, (detail) => {
      this.left--;
      this.options.onFault({ what: 'readmit', replicas: [replica], detail });
    });
  }

  private onHost(event: HostEvent): void {
    const { hosts, onFault, onRestart } = this.options;
    const host = hosts[event.replica];
    if (host === undefined) return;
    const replicas = [event.replica];
    switch (event.type) {
      case 'crash':
        host.crash();
        return onFault({ what: 'crash', replicas, detail: `replica ${event.replica} crashes` });
      case 'restart': {
        onRestart(event.replica);
        host.restart(event.disk);
        const detail = `replica ${event.replica} restarts, disk ${event.disk}`;
        return onFault({ what: 'restart', replicas, detail });
      }
      case 'failWrites': {
        host.disk.failWrites(event.writes);
        const detail = `disk of replica ${event.replica} fails ${event.writes} writes`;
        return onFault({ what: 'disk', replicas, detail });
      }
      case 'clock': {
        host.clock.setOffset(event.offsetMs);
        const detail = `clock of replica ${event.replica} is ${event.offsetMs} ms off`;
        return onFault({ what: 'clock', replicas, detail });
      }
    }
  }
}
