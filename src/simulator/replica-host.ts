import type { Random } from '../base/random.ts';
import type { SignatureScheme, Signer } from '../base/signature.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { Node } from '../node/node.ts';
import type { SharedWork } from '../node/options.ts';
import type { ReadmissionVote } from '../node/readmission.ts';
import type { Effect, Input } from '../pbft/replica.ts';
import type {
  ClientStandingChange,
  ExecutedBatch,
  Observer,
  ProcessStanding,
} from '../runtime/observer.ts';
import { replicaAddress } from '../runtime/ports.ts';
import type { Seat } from '../runtime/seat.ts';
import type { Deployment } from '../scenario/deployment.ts';
import type { DiskFate } from '../scenario/scenario.ts';
import type { VillainAt } from '../scenario/villains.ts';
import { DiskModel } from './disk-model.ts';
import type { NetworkModel } from './network-model.ts';
import { type OnTimer, type Scheduler, VirtualClock, VirtualTimers } from './virtual-time.ts';

/** One sync of a simulated disk, milliseconds on average. */
const syncMs = 0.5;
/** Quartz is off by this much either way, parts per million. */
const maxDriftPpm = 100;

export interface HostOptions {
  readonly index: number;
  readonly deployment: Deployment;
  readonly genesis: Genesis;
  readonly shared: SharedWork;
  readonly scheme: SignatureScheme;
  readonly signer: Signer;
  readonly scheduler: Scheduler;
  readonly network: NetworkModel;
  readonly random: Random;
  /** Virtual start of the run, milliseconds since 1970. */
  readonly startMs: number;
  readonly onTimer: OnTimer;
  /** Told of what every incarnation does. */
  readonly reader: HostReader;
  /** Makes the behaviour of a new incarnation; null for a correct replica. */
  readonly behaviour: () => VillainAt | null;
}

export interface HostReader {
  onStep(replica: number, input: Input, effects: readonly Effect[]): void;
  onExecuted(replica: number, executed: ExecutedBatch): void;
  /** Indices in the replica's steps are those of this seat from now on. */
  onSeat(replica: number, seat: Seat): void;
  /** Processes that the replica's state says were convicted, ascending. */
  onIsolated(replica: number, processes: readonly number[]): void;
  onStanding(replica: number, change: ProcessStanding): void;
  onClientStanding(replica: number, change: ClientStandingChange): void;
  /** The incarnation cannot go on: its journal failed, or it could not start from it. */
  onFailed(replica: number, error: Error): void;
}

/** Where a replica stands: the last sequence its service ran or installed. */
export interface Standing {
  readonly executed: number;
  /** null before anything was executed or installed in this life. */
  readonly stateDigest: string | null;
}

/**
 * The machine a replica runs on: a clock and a disk that outlive crashes, and the node that does
 * not. A crash drops the node and its timers at that instant; a restart builds a new one over the
 * same disk.
 */
export class ReplicaHost {
  readonly index: number;
  readonly clock: VirtualClock;
  readonly disk: DiskModel;
  up = false;
  restarts = 0;
  lostDisk = false;
  standing: Standing = { executed: 0, stateDigest: null };
  /** Its place in the membership epoch it is in; null before it begins. */
  seat: Seat | null = null;
  /** Processes that this one's state says were convicted, ascending. */
  isolated: readonly number[] = [];
  private readonly options: HostOptions;
  private node: Node | null = null;
  private timers: VirtualTimers | null = null;
  /** State digests of fetched states on their way in, by sequence. */
  private installing: { readonly sequence: number; readonly stateDigest: string } | null = null;

  constructor(options: HostOptions) {
    const { index, scheduler, random, startMs } = options;
    this.options = options;
    this.index = index;
    const driftPpm = (random.next() * 2 - 1) * maxDriftPpm;
    this.clock = new VirtualClock(scheduler, startMs, driftPpm);
    this.disk = new DiskModel(scheduler, random.fork('disk'), syncMs);
  }

  /** A new incarnation over whatever the disk holds. */
  start(): void {
    const { scheduler, onTimer, network, deployment, scheme, signer } = this.options;
    const { genesis, shared } = this.options;
    const { index, clock } = this;
    const behaviour = this.options.behaviour();
    const timers = new VirtualTimers(scheduler, clock, index, onTimer);
    this.standing = { executed: 0, stateDigest: null };
    this.isolated = [];
    this.installing = null;
    const node = new Node({
      index,
      validators: deployment.validators,
      standbys: deployment.standbys,
      parameters: deployment.parameters,
      signer,
      scheme,
      genesis,
      shared,
      clock,
      steady: scheduler.steady,
      timers,
      network: network.replica(index),
      journal: this.disk.mount(),
      observer: this.observer(),
      ranBefore: this.disk.everWritten,
      ...(behaviour === null ? {} : { behaviour }),
    });
    this.node = node;
    this.timers = timers;
    this.up = true;
    node.start((error) => {
      if (error !== null) this.fail(error);
    });
  }

  /** Its operator lets it sign that an isolated member may come back; null: it has no say now. */
  voteForReadmission(process: number): ReadmissionVote | null {
    return this.node?.voteForReadmission(process) ?? null;
  }

  /** What its node keeps, by structure; null while it is down. */
  holdings(): Record<string, number> | null {
    const holdings = this.node?.holdings() ?? null;
    return holdings === null ? null : { ...holdings, journal: this.disk.entryCount };
  }

  crash(): void {
    if (this.up) this.takeDown();
  }

  restart(disk: DiskFate): void {
    this.crash();
    // A real journal gives its damage away by its checksums, and is moved aside.
    if (disk !== 'kept') {
      this.disk.lose();
      this.lostDisk = true;
    }
    this.restarts++;
    this.start();
  }

  /** Whatever ended it, the writes that its disk had under way meet a crash. */
  private takeDown(): void {
    this.disk.crash();
    this.node?.stop();
    this.timers?.stop();
    this.options.network.detach(replicaAddress(this.index));
    this.node = null;
    this.timers = null;
    this.up = false;
  }

  private fail(error: Error): void {
    this.takeDown();
    this.options.reader.onFailed(this.index, error);
  }

  private observer(): Observer {
    const { reader } = this.options;
    const { index } = this;
    return {
      onStep: (input, effects) => {
        if (effects.length === 0 && !startsAnew(input)) return;
        this.track(input, effects);
        reader.onStep(index, input, effects);
      },
      onExecuted: (executed) => {
        this.standing = { executed: executed.sequence, stateDigest: executed.stateDigest };
        reader.onExecuted(index, executed);
      },
      onSeat: (seat) => {
        this.seat = seat;
        reader.onSeat(index, seat);
      },
      onIsolated: (processes) => {
        this.isolated = processes;
        reader.onIsolated(index, processes);
      },
      onStanding: (change) => reader.onStanding(index, change),
      onClientStanding: (change) => reader.onClientStanding(index, change),
      onJournalError: (error) => this.fail(error),
    };
  }

  /**
   * Keeps `standing`, also when the state comes from the disk or from a peer, not
   * from execution.
   */
  private track(input: Input, effects: readonly Effect[]): void {
    if (input.type === 'recovered') {
      for (const record of input.records) {
        if (record.type !== 'stable') continue;
        const { sequence, stateDigest } = record.certificate.statement;
        this.standing = { executed: sequence, stateDigest };
      }
    } else if (input.type === 'installed' && input.ok && this.installing !== null) {
      const { sequence, stateDigest } = this.installing;
      this.standing = { executed: sequence, stateDigest };
    }
    for (const effect of effects) {
      if (effect.type === 'install') this.installing = effect.certificate.statement;
    }
  }
}

/** Inputs that change where a replica stands, whether it says anything or not. */
function startsAnew({ type }: Input): boolean {
  return type === 'installed' || type === 'recovered';
}
