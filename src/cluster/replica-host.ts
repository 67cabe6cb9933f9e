import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unreachable } from '../base/assert.ts';
import { Random } from '../base/random.ts';
import type { ReadmissionVote } from '../node/readmission.ts';
import { FaultyNetwork } from '../runtime/faulty-network.ts';
import type { LevelJournal } from '../runtime/level-journal.ts';
import { Libp2pNetwork } from '../runtime/libp2p-network.ts';
import { MemoryJournal } from '../runtime/memory-journal.ts';
import { type Meter, noMeter } from '../runtime/meter.ts';
import type { Observer } from '../runtime/observer.ts';
import {
  type Address,
  type Clock,
  type Journal,
  type Network,
  replicaAddress,
  type Timers,
} from '../runtime/ports.ts';
import { openSoundJournal } from '../runtime/sound-journal.ts';
import { monotonicClock, SystemClock } from '../runtime/system-clock.ts';
import { systemTimers } from '../runtime/system-timers.ts';
import { TappedNetwork } from '../runtime/tapped-network.ts';
import { traceObserver } from '../scenario/trace-observer.ts';
import type { Departure } from '../scenario/villains.ts';
import { linkFaultsOf } from './link-faults.ts';
import type { Command, MeterReading, ReplicaConfig, Report } from './protocol.ts';
import { Reporter } from './reporter.ts';
import { WireTap, wallMsSince } from './wire-tap.ts';

/** What runs on the ports of this process: the node, or in tests something simpler. */
export interface Hosted {
  /** Calls back once, with the error that keeps it from starting. */
  start(done: (error: Error | null) => void): void;
  /** Bounded. */
  stop(): void | Promise<void>;
  /** Where it serves HTTP once it has started; absent: nowhere. */
  url?(): string | null;
  /** Its word for taking an isolated process back; null: it has none. */
  voteForReadmission?(process: number): ReadmissionVote | null;
  /** What was spent so far; absent where nobody measures. */
  read?(): MeterReading;
}

export interface HostedWorld {
  readonly config: ReplicaConfig;
  /** Start of the run, milliseconds since 1970. */
  readonly startMs: number;
  readonly clock: Clock;
  readonly network: Network;
  readonly journal: Journal;
  readonly timers: Timers;
  readonly observer: Observer;
  /** For a villain: it breaks the protocol for the first time. */
  readonly onDeparture: (departure: Departure) => void;
  /** Where the replicas listen that are up, this one too. */
  readonly multiaddrs: ReadonlyMap<Address, string>;
  readonly linked: (address: Address) => boolean;
}

interface Running {
  readonly config: ReplicaConfig;
  readonly libp2p: Libp2pNetwork;
  readonly network: FaultyNetwork;
  readonly clock: SystemClock;
  readonly journal: LevelJournal | MemoryJournal;
  hosted: Hosted | null;
  reporter: Reporter | null;
}

const connectedPollMs = 20;

/** The inside of a replica process: real adapters, obeying the parent's commands in order. */
export class ReplicaHost {
  private readonly post: (report: Report) => void;
  private readonly makeHosted: (world: HostedWorld) => Hosted;
  private readonly meter: Meter;
  private running: Running | null = null;
  private connectedTimer: NodeJS.Timeout | null = null;
  /** Those that are up, as the parent says. */
  private multiaddrs: ReadonlyMap<Address, string> = new Map();

  constructor(
    post: (report: Report) => void,
    makeHosted: (world: HostedWorld) => Hosted,
    meter: Meter = noMeter,
  ) {
    this.post = post;
    this.makeHosted = makeHosted;
    this.meter = meter;
  }

  async obey(command: Command): Promise<void> {
    if (command.type === 'configure') return this.configure(command.config);
    if (command.type === 'stop') return this.stop();
    const running = this.running;
    if (running === null) throw new Error(`${command.type} before configure`);
    switch (command.type) {
      case 'peers':
        return this.meet(running, command.multiaddrs);
      case 'go':
        return this.go(running, command.startMs);
      case 'cutOff':
        return running.network.setCutOff(command.addresses);
      case 'linkLoss':
        return running.network.setLinkLoss(command.to, command.loss);
      case 'clockOffset':
        return running.clock.setOffset(command.offsetMs);
      case 'voteForReadmission': {
        const vote = running.hosted?.voteForReadmission?.(command.process) ?? null;
        return this.post({ type: 'readmissionVote', vote });
      }
      case 'read':
        return this.read(running);
      default:
        return unreachable(command);
    }
  }

  /** Bounded; leaves nothing behind but the journal's files. */
  async stop(): Promise<void> {
    clearTimeout(this.connectedTimer ?? undefined);
    const running = this.running;
    if (running === null) return;
    this.running = null;
    await running.hosted?.stop();
    running.network.stop();
    await running.libp2p.stop();
    running.reporter?.stop();
    await running.journal.close();
  }

  /** The parent is gone and nobody will clean up after us. */
  async removeData(): Promise<void> {
    const directory = this.running?.config.dataDirectory;
    if (directory === undefined) return;
    await rm(directory, { recursive: true, force: true });
    // Of all replicas the last one finds the run's directory empty; the others fail here.
    await rmdir(dirname(directory)).catch(() => undefined);
  }

  private async configure(asked: ReplicaConfig): Promise<void> {
    const { scenario, deployment, replica, dataDirectory } = asked;
    const { journal, damaged } =
      scenario.storage === 'level'
        ? await openSoundJournal(join(dataDirectory, 'journal'), this.meter)
        : { journal: new MemoryJournal(), damaged: null };
    const config = damaged === null ? asked : { ...asked, ranBefore: true };
    const keys = [...deployment.validators.publicKeys, ...deployment.standbys];
    const peers = keys.map((publicKey, index) => {
      return { address: replicaAddress(index), publicKey, multiaddr: null };
    });
    const libp2p = new Libp2pNetwork({
      seed: config.seed,
      listen: '/ip4/127.0.0.1/tcp/0',
      meter: this.meter,
      peers: peers.filter((_, index) => index !== replica),
    });
    const random = new Random(`${scenario.seed}/links-of-replica-${replica}`);
    const faults = { clock: monotonicClock, timers: systemTimers, random };
    const network = new FaultyNetwork(libp2p, faults);
    network.setFaults(linkFaultsOf(scenario, replica));
    const clock = new SystemClock();
    this.running = { config, libp2p, network, clock, journal, hosted: null, reporter: null };
    await libp2p.start();
    const multiaddr = libp2p.listeningMultiaddr as string;
    this.post({ type: 'listening', multiaddr, damaged: damaged?.reason ?? null });
  }

  private meet(running: Running, multiaddrs: ReadonlyMap<string, string>): void {
    const self = replicaAddress(running.config.replica);
    for (const [address, where] of multiaddrs) {
      if (address !== self) running.libp2p.setMultiaddr(address, where);
    }
    this.multiaddrs = multiaddrs;
    if (this.connectedTimer === null) this.reportConnected(running);
  }

  private reportConnected({ libp2p, hosted, config }: Running): void {
    if (hosted !== null) return; // the run goes on without waiting for links
    const linked = linkedTo(libp2p);
    const self = replicaAddress(config.replica);
    if ([...this.multiaddrs.keys()].every((each) => each === self || linked.has(each))) {
      this.post({ type: 'connected' });
      return;
    }
    this.connectedTimer = setTimeout(() => {
      if (this.running !== null) this.reportConnected(this.running);
    }, connectedPollMs);
  }

  private read({ hosted }: Running): void {
    const reading = hosted?.read?.();
    if (reading !== undefined) this.post({ type: 'reading', reading });
  }

  private fail(error: Error): void {
    this.post({ type: 'failed', error: `${error.name}: ${error.message}` });
  }

  private go(running: Running, startMs: number): void {
    const { config, clock, journal } = running;
    const reporter = new Reporter(this.post, () => {
      const { statistics } = running.libp2p;
      return { ...statistics, dropped: statistics.dropped + running.network.dropped };
    });
    running.reporter = reporter;
    const tap = new WireTap(
      () => wallMsSince(startMs),
      (note) => reporter.note(note),
    );
    const network = config.tap ? new TappedNetwork(running.network, tap) : running.network;
    const trace = traceObserver({
      replica: config.replica,
      atMs: () => Date.now() - startMs, // true time, whatever the replica's own clock says
      emit: (event) => reporter.add(event),
    });
    const observer: Observer = {
      ...trace,
      onJournalError: (error) => this.fail(error),
      onIsolated(replicas, nowMs) {
        trace.onIsolated?.(replicas, nowMs);
        // Its votes count for nothing any more; now it is not even connected.
        const isolated = new Set(replicas.map(replicaAddress));
        running.libp2p.setRefuse((address) => isolated.has(address));
      },
    };
    const timers = systemTimers;
    const onDeparture = (departure: Departure): void => {
      reporter.add({ type: 'fault', atMs: Date.now() - startMs, ...departure });
    };
    const linked = (address: Address) => linkedTo(running.libp2p).has(address);
    const ports = { clock, timers, network, journal, multiaddrs: this.multiaddrs, linked };
    const hosted = this.makeHosted({ config, startMs, observer, onDeparture, ...ports });
    running.hosted = hosted;
    hosted.start((error) => {
      if (error === null) this.post({ type: 'ready', url: hosted.url?.() ?? null });
      else this.fail(error);
    });
  }
}

function linkedTo({ peers }: Libp2pNetwork): ReadonlySet<Address> {
  return new Set(peers.filter(({ connected }) => connected).map(({ address }) => address));
}
