import { assert } from '../base/assert.ts';
import { ed25519 } from '../base/signature.ts';
import type { Address } from '../runtime/ports.ts';
import { monotonicClock } from '../runtime/system-clock.ts';
import { deploymentOf } from '../scenario/deployment.ts';
import type { RunResult, Violation } from '../scenario/result.ts';
import type { RunHooks, RunOutput } from '../scenario/run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { Collector } from '../scenario/summary.ts';
import type { RunEvent } from '../scenario/trace.ts';
import { adversariesOf } from '../scenario/villains.ts';
import type { WorkloadEvent } from '../workload/records.ts';
import type { Workload } from '../workload/workload.ts';
import { AgreementChecker } from './agreement.ts';
import { Clients } from './clients.ts';
import { Fleet } from './fleet.ts';
import { minSettleMs, settleTimeoutMs } from './limits.ts';
import { MessageMatcher } from './message-matcher.ts';
import { addCounters, type LinkCounters } from './protocol.ts';
import { createRunDirectory, type RunDirectory } from './run-directory.ts';
import { Standing } from './standing.ts';
import { Supervisor } from './supervisor.ts';
import { Timeline } from './timeline.ts';
import { type WireNote, WireTap, wallMsSince } from './wire-tap.ts';
import { genesisOf } from './workload-parameters.ts';

/** For those who want to look behind the run, or break it from outside. */
export interface ClusterHooks extends RunHooks {
  /**
   * The processes run and know each other; `pids` are theirs by replica, as they are now. The run
   * begins when it returns.
   */
  readonly onUp?: (up: {
    readonly pids: () => readonly (number | null)[];
    readonly directory: string;
  }) => void | Promise<void>;
}

/** How often the end of the run is looked for, besides at answers. */
const tickMs = 50;

/**
 * Runs one scenario on real processes: a process per replica over libp2p on loopback, clients in
 * this one. However it ends, no process and no file of it is left.
 */
export async function runOnCluster(scenario: Scenario, hooks: ClusterHooks): Promise<RunOutput> {
  assert(scenario.signatures === 'ed25519', 'real processes sign for real');
  const directory = await createRunDirectory();
  try {
    const run = new ClusterRun(scenario, hooks, directory);
    try {
      return await run.play();
    } finally {
      await run.stop();
    }
  } finally {
    await directory.remove();
  }
}

class ClusterRun {
  private readonly scenario: Scenario;
  private readonly hooks: ClusterHooks;
  private readonly directory: RunDirectory;
  private readonly fleet: Fleet;
  private readonly clients: Clients;
  private readonly timeline: Timeline;
  private readonly supervisor: Supervisor;
  private readonly collector: Collector;
  private readonly agreement: AgreementChecker;
  private readonly standing = new Standing();
  /** Null where nobody keeps a trace. */
  private readonly messages: MessageMatcher | null;
  private readonly adversaries: readonly number[];
  /** Killed before the run began, to be started again once it has. */
  private readonly killedEarly = new Set<number>();
  private startMs = 0;
  private startedAt = 0;
  private diverged = false;
  private failure: unknown = null;
  /** Resolves the wait for the end; checked after everything that may bring it. */
  private wake: () => void = () => undefined;

  constructor(scenario: Scenario, hooks: ClusterHooks, directory: RunDirectory) {
    this.scenario = scenario;
    this.hooks = hooks;
    this.directory = directory;
    const deployment = deploymentOf(scenario, ed25519);
    this.adversaries = adversariesOf(scenario);
    this.collector = new Collector(scenario, () => this.counters.delivered);
    this.agreement = new AgreementChecker(this.adversaries);
    const tapOf = (client: Address) => {
      const note = (what: WireNote) => this.messages?.add(client, what);
      return new WireTap(() => wallMsSince(this.startMs), note);
    };
    this.clients = new Clients(scenario, deployment, hooks.onEvent === undefined ? null : tapOf);
    this.messages = this.matchMessages();
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.fleet = new Fleet({
      scenario,
      deployment,
      genesis: genesisOf(scenario, deployment, ed25519, Date.now()),
      directory,
      entry: new URL(`./replica-process.${extension}`, import.meta.url),
      onEvent: (event) => this.record(event),
      ...(this.messages && {
        onNotes: (replica, notes) => {
          for (const note of notes) this.messages?.add(replica, note);
        },
      }),
      signal: hooks.signal,
      onLost: (replica, detail, killed) => this.onLost(replica, detail, killed),
      onMoved: (address, where) => this.clients.moved(address, where),
    });
    this.supervisor = new Supervisor(
      this.fleet,
      (replica) => this.onRevived(replica),
      (error) => this.fail(error),
    );
    this.timeline = new Timeline(
      this.fleet,
      (replica, done) => this.clients.operators?.readmit(replica, done),
      (fault) => this.record({ type: 'fault', atMs: this.atMs(), ...fault }),
      (error) => this.fail(error),
    );
  }

  private matchMessages(): MessageMatcher | null {
    const { onEvent } = this.hooks;
    if (onEvent === undefined) return null;
    const { names } = this.clients;
    return new MessageMatcher(onEvent, (peer) => names.get(peer) ?? peer);
  }

  async play(): Promise<RunOutput> {
    const { scenario, hooks, fleet, clients } = this;
    const beganAt = monotonicClock.nowMs();
    await fleet.start();
    await clients.connect(fleet.multiaddrs, hooks.signal);
    await hooks.onUp?.({ pids: () => fleet.pids, directory: this.directory.path });
    this.startMs = Date.now();
    this.startedAt = monotonicClock.nowMs();
    await fleet.go(this.startMs);
    for (const replica of this.killedEarly) this.supervisor.onKilled(replica);
    const workload = clients.start({
      onEvent: (event) => this.onWorkload(event, workload),
      onWrong: (checker, detail) => this.onWrong(checker, detail),
      onProgress: () => this.wake(),
      votesForReadmission: (process) => fleet.votesForReadmission(process),
    });
    this.timeline.start(scenario, this.atMs());
    const harmIsDone = () => clients.hostile.running?.isDone ?? true;
    await this.until(
      () => workload.isDone && harmIsDone() && this.timeline.played,
      scenario.durationMs - this.atMs(),
    );
    await this.settle();
    // Where they stand now: while they stop, one or the other may still run a batch more.
    const recovered = this.standing.recovered(fleet.ready);
    const isolated = this.standing.isolated(fleet.ready.filter((r) => this.isCorrect(r)));
    const ranMs = this.atMs();
    await this.stop();
    this.messages?.finish();
    if (this.failure !== null) throw this.failure;
    const wallMs = monotonicClock.nowMs() - beganAt;
    return this.output(workload, { recovered, isolated, virtualMs: ranMs, wallMs });
  }

  /** Leaves nothing running. May be called again. */
  async stop(): Promise<void> {
    this.timeline.stop();
    this.supervisor.stop();
    await this.clients.stop();
    await this.fleet.stop();
  }

  private output(
    workload: Workload,
    end: Pick<RunResult, 'recovered' | 'isolated' | 'virtualMs' | 'wallMs'>,
  ): RunOutput {
    const { sent, delivered, dropped, bytesSent } = this.counters;
    const result = this.collector.summarize({
      messages: { sent, delivered, dropped },
      bytesSent,
      ...end,
      traceDigest: this.agreement.decisionsDigest,
      partial: this.hooks.signal?.aborted ?? false,
      requests: workload.records(),
      hostile: this.clients.hostile.running?.records ?? [],
    });
    const { caPem, validatorsJson } = workload;
    const certificates = workload.certificates();
    return { result, artefacts: { caPem, validatorsJson, certificates } };
  }

  private get counters(): LinkCounters {
    return addCounters(this.fleet.counters, this.clients.counters);
  }

  private get over(): boolean {
    return this.diverged || this.failure !== null || (this.hooks.signal?.aborted ?? false);
  }

  /** Waits for `condition`, the end of the run by other causes, or `timeoutMs`. */
  private async until(condition: () => boolean, timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (this.over || condition()) resolve();
    };
    this.wake = check;
    const ticker = setInterval(check, tickMs);
    const timer = setTimeout(resolve, timeoutMs);
    this.hooks.signal?.addEventListener('abort', check);
    check();
    try {
      await promise;
    } finally {
      this.wake = () => undefined;
      clearInterval(ticker);
      clearTimeout(timer);
      this.hooks.signal?.removeEventListener('abort', check);
    }
  }

  /** Until correct replicas hold one state: those that come back are there and have caught up. */
  private async settle(): Promise<void> {
    const fromMs = this.atMs();
    const settled = () =>
      this.atMs() >= fromMs + minSettleMs &&
      !this.supervisor.waiting &&
      !this.fleet.returning &&
      this.standing.settled(this.fleet.ready.filter((replica) => this.isCorrect(replica)));
    if (!this.over) await this.until(settled, settleTimeoutMs);
  }

  private isCorrect(replica: number): boolean {
    return !this.adversaries.includes(replica);
  }

  /** Since the run began; 0 while its processes are still starting. */
  private atMs(): number {
    if (this.startedAt === 0) return 0;
    return Math.round(monotonicClock.nowMs() - this.startedAt);
  }

  /** Replicas know a client by its key; a trace, by its place in the scenario. */
  private named(event: RunEvent): RunEvent {
    if (event.type !== 'clientStanding') return event;
    return { ...event, client: this.clients.names.get(event.client) ?? event.client };
  }

  private record(happened: RunEvent): void {
    const event = this.named(happened);
    this.collector.add(event);
    this.standing.note(event);
    this.hooks.onEvent?.(event);
    const violation = this.agreement.judge(event);
    if (violation === null) return;
    this.violate(violation);
  }

  private onWrong(checker: string, detail: string): void {
    this.violate({ checker, sequence: null, replicas: [], atMs: this.atMs(), detail });
  }

  private violate(violation: Violation): void {
    this.diverged = true;
    const told: RunEvent = { type: 'violation', atMs: violation.atMs, violation };
    this.collector.add(told);
    this.hooks.onEvent?.(told);
    this.wake();
  }

  private onWorkload(event: WorkloadEvent, workload: Workload): void {
    if (event.type !== 'answered' && event.type !== 'gaveUp') return;
    const atMs = this.atMs();
    this.record({ type: 'request', atMs, record: event.record });
    const { settled: answered, requests } = workload;
    this.hooks.onProgress?.({ atMs, answered, requests });
  }

  /** Killed by someone else, or failed: the others go on, and who was killed comes back. */
  private onLost(replica: number, detail: string, killed: boolean): void {
    if (killed && this.startedAt > 0) this.supervisor.onKilled(replica);
    else if (killed) this.killedEarly.add(replica);
    const what = 'crash';
    this.record({
      type: 'fault',
      atMs: this.atMs(),
      what,
      replicas: [replica],
      detail: `replica ${replica} is gone: ${detail}`,
    });
  }

  private onRevived(replica: number): void {
    this.record({
      type: 'fault',
      atMs: this.atMs(),
      what: 'restart',
      replicas: [replica],
      detail: `replica ${replica} was killed and is started again`,
    });
  }

  private fail(error: unknown): void {
    this.failure = error;
    this.wake();
  }
}
