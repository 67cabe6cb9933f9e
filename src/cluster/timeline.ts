import type { Scenario, TimelineEvent } from '../scenario/scenario.ts';
import type { RunEvent } from '../scenario/trace.ts';
import type { Fleet } from './fleet.ts';

/** What happened to the world, without its time. */
export type FaultNotice = Omit<Extract<RunEvent, { type: 'fault' }>, 'atMs' | 'type'>;

/** What a timeline does to a cluster; {@link Fleet} is the one that exists. */
export type Victims = Pick<
  Fleet,
  'crash' | 'restart' | 'partition' | 'heal' | 'setLinkLoss' | 'setClockOffset'
>;

/** Has the operators take an isolated replica back; calls back with what came of it. */
export type Readmit = (replica: number, done: (outcome: string) => void) => void;

/**
 * Plays the scenario's timeline on real processes. `for` ends a fault unless a later event of the
 * same kind has taken its place.
 */
export class Timeline {
  private readonly victims: Victims;
  private readonly readmitWith: Readmit;
  private readonly onFault: (fault: FaultNotice) => void;
  private readonly onError: (error: unknown) => void;
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Crashes and restarts that are under way. */
  private underWay = 0;
  private partitions = 0;
  private readonly linkChanges = new Map<string, number>();

  constructor(
    victims: Victims,
    readmit: Readmit,
    onFault: (fault: FaultNotice) => void,
    onError: (error: unknown) => void,
  ) {
    this.victims = victims;
    this.readmitWith = readmit;
    this.onFault = onFault;
    this.onError = onError;
  }

  /** `elapsedMs`: how long ago the run began; what should have happened by now happens at once. */
  start(scenario: Scenario, elapsedMs: number): void {
    for (const event of scenario.timeline) {
      this.after(Math.max(0, event.atMs - elapsedMs), () => this.play(event));
    }
  }

  /** Whether everything has happened, ends of faults included. */
  get played(): boolean {
    return this.timers.size === 0 && this.underWay === 0;
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      action();
    }, delayMs);
    this.timers.add(timer);
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
        return this.onReplica(event);
    }
  }

  private partition({ groups, forMs }: Extract<TimelineEvent, { type: 'partition' }>): void {
    const number = ++this.partitions;
    this.victims.partition(groups);
    const detail = groups.map((group) => group.join(' ')).join(' | ');
    this.onFault({ what: 'partition', replicas: groups.flat(), detail });
    if (forMs === null) return;
    this.after(forMs, () => {
      if (number === this.partitions) this.heal();
    });
  }

  private heal(): void {
    this.partitions++;
    this.victims.heal();
    this.onFault({ what: 'heal', replicas: [], detail: 'the partition is over' });
  }

  private link({ from, to, loss, forMs }: Extract<TimelineEvent, { type: 'link' }>): void {
    const key = `${from} ${to}`;
    const number = (this.linkChanges.get(key) ?? 0) + 1;
    this.linkChanges.set(key, number);
    const set = (share: number) => {
      this.victims.setLinkLoss(from, to, share);
      const detail = `${from} to ${to} loses ${Math.round(share * 100)} %`;
      this.onFault({ what: 'link', replicas: [from, to], detail });
    };
    set(loss);
    if (forMs === null) return;
    this.after(forMs, () => {
      if (this.linkChanges.get(key) === number) set(0);
    });
  }

  private readmit(replica: number): void {
    this.underWay++;
    this.readmitWith(replica, (detail) => {
      this.underWay--;
      this.onFault({ what: 'readmit', replicas: [replica], detail });
    });
  }

  private onReplica(
    event: Exclude<Extract<TimelineEvent, { replica: number }>, { type: 'readmit' }>,
  ): void {
    const { replica } = event;
    const replicas = [replica];
    switch (event.type) {
      case 'crash':
        this.onFault({ what: 'crash', replicas, detail: `replica ${replica} crashes` });
        return this.track(this.victims.crash(replica));
      case 'restart': {
        const detail = `replica ${replica} restarts, disk ${event.disk}`;
        this.onFault({ what: 'restart', replicas, detail });
        return this.track(this.victims.restart(replica, event.disk));
      }
      case 'failWrites':
        return; // refused where the scenario is read: no real disk fails on demand
      case 'clock': {
        this.victims.setClockOffset(replica, event.offsetMs);
        const detail = `clock of replica ${replica} is ${event.offsetMs} ms off`;
        return this.onFault({ what: 'clock', replicas, detail });
      }
    }
  }

  private track(done: Promise<void>): void {
    this.underWay++;
    done.then(
      () => void this.underWay--,
      (error: unknown) => {
        this.underWay--;
        this.onError(error);
      },
    );
  }
}
