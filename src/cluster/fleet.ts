import { assert } from '../base/assert.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { ReadmissionVote } from '../node/readmission.ts';
import { ForkedProcess, type ProcessExit } from '../runtime/forked-process.ts';
import { type Address, replicaAddress } from '../runtime/ports.ts';
import { type Deployment, replicaSeed } from '../scenario/deployment.ts';
import type { DiskFate, Scenario } from '../scenario/scenario.ts';
import type { RunEvent } from '../scenario/trace.ts';
import { FleetFaults } from './fleet-faults.ts';
import {
  connectTimeoutMs,
  maxErrorOutputBytes,
  readTimeoutMs,
  startTimeoutMs,
  stopTimeoutMs,
} from './limits.ts';
import {
  addCounters,
  type Command,
  type LinkCounters,
  type MeterReading,
  noCounters,
  type Report,
} from './protocol.ts';
import type { RunDirectory } from './run-directory.ts';
import type { WireNote } from './wire-tap.ts';

export interface FleetOptions {
  readonly scenario: Scenario;
  readonly deployment: Deployment;
  readonly genesis: Genesis;
  readonly directory: RunDirectory;
  /** The program of a replica process. */
  readonly entry: URL;
  readonly onEvent: (event: RunEvent) => void;
  /** What a replica sent and received; absent: no replica takes note of it. */
  readonly onNotes?: (replica: Address, notes: readonly WireNote[]) => void;
  /** Aborted: waits for replicas end at once, whatever became of them. */
  readonly signal?: AbortSignal | undefined;
  /** A replica is gone without the timeline's doing; `killed` by a signal, not by its own error. */
  readonly onLost: (replica: number, detail: string, killed: boolean) => void;
  /** A replica listens at another place than before. */
  readonly onMoved: (address: Address, multiaddr: string) => void;
}

/** One replica's process. */
type ReplicaChild = ForkedProcess<Command, Report>;
const childLimits = { stopTimeoutMs, maxErrorOutputBytes };

type Stage = 'down' | 'started' | 'listening' | 'connected' | 'ready' | 'failed';

interface Member {
  readonly replica: number;
  child: ReplicaChild | null;
  stage: Stage;
  multiaddr: string | null;
  /** Where it serves HTTP, if it does. */
  url: string | null;
  begun: boolean;
  /** After it began: what is on the new disk says nothing of what it voted. */
  lostDisk: boolean;
  /** Of this incarnation, and of those before it. */
  counters: LinkCounters;
  earlierCounters: LinkCounters;
  failure: string | null;
  /** The answer to the newest question; null while it is awaited. */
  reading: MeterReading | null;
  /** Undefined while its answer is awaited; null: it has no say. */
  vote: ReadmissionVote | null | undefined;
}

/** The replica processes of one run: started, told about each other, broken on command, stopped. */
export class Fleet {
  private readonly options: FleetOptions;
  private readonly members: readonly Member[];
  private readonly faults: FleetFaults;
  private readonly watchers = new Set<() => void>();
  private startMs: number | null = null;
  private stopping = false;

  constructor(options: FleetOptions) {
    this.options = options;
    const { validators, standbys } = options.deployment;
    const count = validators.publicKeys.length + standbys.length;
    this.faults = new FleetFaults(count);
    this.members = Array.from({ length: count }, (_, replica) => ({
      replica,
      child: null,
      stage: 'down',
      multiaddr: null,
      url: null,
      begun: false,
      lostDisk: false,
      counters: noCounters,
      earlierCounters: noCounters,
      failure: null,
      reading: null,
      vote: null,
    }));
  }

  /** Starts all processes and links them. Throws what a replica that cannot start says. */
  async start(): Promise<void> {
    await Promise.all(this.members.map((member) => this.spawn(member)));
    await this.until(() => this.all('listening', 'connected'), startTimeoutMs, 'to listen');
    this.introduceAll();
    await this.until(() => this.all('connected'), connectTimeoutMs, 'to link up');
  }

  /** Begins the run. `startMs`: its start, milliseconds since 1970. */
  async go(startMs: number): Promise<void> {
    this.startMs = startMs;
    for (const member of this.members) this.begin(member, startMs);
    await this.until(() => this.all('ready'), startTimeoutMs, 'to begin');
  }

  /** SIGKILL, and nobody told it. Resolves when the process is gone. */
  async crash(replica: number): Promise<void> {
    const member = this.member(replica);
    const { child } = member;
    if (child === null) return;
    member.child = null;
    member.stage = 'down';
    child.kill();
    await child.gone;
  }

  /** A new process over what the old one left on disk, or over an empty disk. */
  async restart(replica: number, disk: DiskFate): Promise<void> {
    await this.crash(replica);
    if (this.stopping) return;
    const member = this.member(replica);
    if (disk === 'lost') {
      await this.options.directory.loseDisk(replica);
      member.lostDisk = member.begun;
    }
    if (disk === 'corrupt') await this.options.directory.damageDisk(replica);
    await this.spawn(member);
  }

  partition(groups: readonly (readonly number[])[]): void {
    this.faults.partition(groups);
    this.tellCutOffs();
  }

  heal(): void {
    this.faults.heal();
    this.tellCutOffs();
  }

  /** One direction only; 0 repairs the link. */
  setLinkLoss(from: number, to: number, loss: number): void {
    this.faults.setLinkLoss(from, to, loss);
    this.member(from).child?.send({ type: 'linkLoss', to: replicaAddress(to), loss });
  }

  setClockOffset(replica: number, offsetMs: number): void {
    this.faults.setClockOffset(replica, offsetMs);
    this.member(replica).child?.send({ type: 'clockOffset', offsetMs });
  }

  /** What each replica that is up has spent so far, by replica; null for one that is not. */
  async read(): Promise<readonly (MeterReading | null)[]> {
    const asked = this.members.filter(({ stage }) => stage === 'ready');
    for (const member of asked) {
      member.reading = null;
      member.child?.send({ type: 'read' });
    }
    const answered = () => {
      return asked.every(({ stage, reading }) => stage !== 'ready' || reading !== null);
    };
    // Also when the run was aborted: what was spent until then is the result.
    await this.until(answered, readTimeoutMs, 'to tell what they spent', null);
    return this.members.map((member) => (asked.includes(member) ? member.reading : null));
  }

  /** What the replicas that are up sign for taking `process` back. */
  async votesForReadmission(process: number): Promise<readonly ReadmissionVote[]> {
    const asked = this.members.filter(({ stage }) => stage === 'ready');
    for (const member of asked) {
      member.vote = undefined;
      member.child?.send({ type: 'voteForReadmission', process });
    }
    const answered = () => {
      return asked.every(({ stage, vote }) => stage !== 'ready' || vote !== undefined);
    };
    await this.until(answered, readTimeoutMs, 'to sign a readmission');
    return asked.flatMap(({ vote }) => vote ?? []);
  }

  /** Stops every process; none is left when this resolves. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.members.map(({ child }) => child?.stop({ type: 'stop' })));
  }

  get multiaddrs(): ReadonlyMap<Address, string> {
    const known = this.members.filter(({ multiaddr }) => multiaddr !== null);
    return new Map(
      known.map(({ replica, multiaddr }) => [replicaAddress(replica), multiaddr as string]),
    );
  }

  /** Where the replicas that take part serve HTTP, those that do. */
  get urls(): readonly string[] {
    return this.members.flatMap(({ stage, url }) => (stage === 'ready' ? (url ?? []) : []));
  }

  get pids(): readonly (number | null)[] {
    return this.members.map(({ child }) => child?.pid ?? null);
  }

  /** Replicas whose process takes part now. */
  get ready(): readonly number[] {
    return this.members.filter(({ stage }) => stage === 'ready').map(({ replica }) => replica);
  }

  /** True while a started process does not take part yet. */
  get returning(): boolean {
    return this.members.some(({ child, stage }) => {
      return child !== null && stage !== 'ready' && stage !== 'failed';
    });
  }

  get counters(): LinkCounters {
    return this.members
      .map(({ counters, earlierCounters }) => addCounters(counters, earlierCounters))
      .reduce(addCounters, noCounters);
  }

  private member(replica: number): Member {
    const member = this.members[replica];
    assert(member !== undefined, `replica ${replica} of ${this.members.length}`);
    return member;
  }

  private async spawn(member: Member): Promise<void> {
    const { scenario, deployment, genesis, directory, entry } = this.options;
    // An empty journal that was not lost is of one killed before its first write: it never spoke.
    const { replica, lostDisk: ranBefore } = member;
    const dataDirectory = await directory.replicaDirectory(replica);
    if (this.stopping) return;
    const listener = {
      onReport: (report: Report) => this.onReport(member, child, report),
      onExit: (exit: ProcessExit) => this.onExit(member, child, exit),
    };
    const child: ReplicaChild = new ForkedProcess(entry, listener, childLimits);
    member.child = child;
    member.stage = 'started';
    member.earlierCounters = addCounters(member.earlierCounters, member.counters);
    member.counters = noCounters;
    const seed = replicaSeed(scenario, replica);
    const tap = this.options.onNotes !== undefined;
    const place = { replica, seed, dataDirectory, ranBefore, tap };
    const config = { scenario, deployment, genesis, ...place };
    child.send({ type: 'configure', config });
    for (const command of this.faults.commandsFor(replica)) child.send(command);
  }

  private onReport(member: Member, child: ReplicaChild, report: Report): void {
    if (report.type === 'progress') {
      if (member.child === child) member.counters = report.counters;
      for (const event of report.events) this.options.onEvent(event);
      this.options.onNotes?.(replicaAddress(member.replica), report.notes);
      return;
    }
    if (member.child !== child) return;
    if (report.type === 'reading') {
      member.reading = report.reading;
    } else if (report.type === 'readmissionVote') {
      member.vote = report.vote;
    } else if (report.type === 'failed') {
      member.failure = report.error;
      member.stage = 'failed';
      child.kill();
    } else if (report.type !== 'stopped') {
      member.stage = report.type;
      if (report.type === 'listening') this.onListening(member, report);
      if (report.type === 'ready') member.url = report.url;
    }
    this.notify();
  }

  private tellDamage(replica: number, reason: string): void {
    const atMs = this.startMs === null ? 0 : Date.now() - this.startMs;
    const detail = `replica ${replica} does not trust its disk: ${reason}`;
    this.options.onEvent({ type: 'fault', atMs, what: 'disk', replicas: [replica], detail });
  }

  private onListening(
    member: Member,
    { multiaddr, damaged }: Extract<Report, { type: 'listening' }>,
  ): void {
    if (damaged !== null) this.tellDamage(member.replica, damaged);
    member.multiaddr = multiaddr;
    this.options.onMoved(replicaAddress(member.replica), multiaddr);
    if (this.startMs === null) return;
    // It comes back into a run that goes on: it and the others learn of each other again.
    this.introduceAll();
    this.begin(member, this.startMs);
  }

  /** From here on it votes, and must find again what it voted when it is started once more. */
  private begin(member: Member, startMs: number): void {
    if (member.child === null) return;
    member.begun = true;
    member.child.send({ type: 'go', startMs });
  }

  private onExit(member: Member, child: ReplicaChild, exit: ProcessExit): void {
    if (member.child !== child) return;
    member.child = null;
    const how = exit.signal ?? `exit code ${exit.code}`;
    const why = member.failure ?? exit.errorOutput.trim();
    const detail = why === '' ? how : `${how}: ${why}`;
    if (exit.signal === null && member.stage !== 'ready') member.failure ??= detail;
    member.stage = member.failure === null ? 'down' : 'failed';
    member.multiaddr = null;
    // Before the run begins the others wait for links to all that are there: no longer to this one.
    if (this.startMs === null) this.introduceAll();
    if (!this.stopping) this.options.onLost(member.replica, detail, exit.signal !== null);
    this.notify();
  }

  private introduceAll(): void {
    const { multiaddrs } = this;
    for (const { child } of this.members) child?.send({ type: 'peers', multiaddrs });
  }

  private tellCutOffs(): void {
    for (const { child, replica } of this.members) child?.send(this.faults.cutOffOf(replica));
  }

  /** Whether every replica that still lives is at one of these stages. */
  private all(...stages: readonly Stage[]): boolean {
    return this.members.every(({ stage }) => stage === 'down' || stages.includes(stage));
  }

  private notify(): void {
    for (const watcher of this.watchers) watcher();
  }

  /** Waits for `condition`; throws when a replica fails, or after `timeoutMs`. */
  private async until(
    condition: () => boolean,
    timeoutMs: number,
    what: string,
    signal: AbortSignal | null | undefined = this.options.signal,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const watcher = () => {
      if (this.stopping || signal?.aborted) return resolve();
      const failed = this.members.find(({ stage }) => stage === 'failed');
      if (failed !== undefined) reject(new ReplicaFailure(failed.replica, failed.failure ?? ''));
      else if (condition()) resolve();
    };
    const timer = setTimeout(() => {
      const late = this.members.filter(({ stage }) => stage !== 'down');
      const stages = late.map(({ replica, stage }) => `${replica} ${stage}`).join(', ');
      reject(new Error(`replicas did not come ${what} within ${timeoutMs} ms: ${stages}`));
    }, timeoutMs);
    this.watchers.add(watcher);
    signal?.addEventListener('abort', watcher);
    watcher();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.watchers.delete(watcher);
      signal?.removeEventListener('abort', watcher);
    }
  }
}

/** A replica process that could not do its work, in its own words. */
export class ReplicaFailure extends Error {
  override name = 'ReplicaFailure';
  readonly replica: number;

  constructor(replica: number, detail: string) {
    super(`replica ${replica} failed: ${detail}`);
    this.replica = replica;
  }
}
