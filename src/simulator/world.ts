import { idealScheme } from '../base/ideal-signature.ts';
import { Random } from '../base/random.ts';
import { ed25519, type SignatureScheme } from '../base/signature.ts';
import { retentionMs } from '../ledger/decisions.ts';
import { EpochChain } from '../ledger/epoch-chain.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { SharedExecutions } from '../ledger/shared-executions.ts';
import { StaticCheckCache } from '../ledger/static-check.ts';
import type { SharedWork } from '../node/options.ts';
import { voteVerifier } from '../pbft/envelope.ts';
import { maxFaulty } from '../pbft/quorum.ts';
import type { Effect, Input } from '../pbft/replica.ts';
import type { ClientStandingChange, ExecutedBatch, ProcessStanding } from '../runtime/observer.ts';
import type { Address, Clock, Network, Timers } from '../runtime/ports.ts';
import { follows, type Seat } from '../runtime/seat.ts';
import { type Deployment, deploymentOf, replicaSeed } from '../scenario/deployment.ts';
import { eachOwnLink } from '../scenario/link-latency.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { adversariesOf, type Departure, villainOf } from '../scenario/villains.ts';
import { localhostRetryPolicy } from '../validation/retry-policy.ts';
import { clientKeySeed } from '../workload/identity.ts';
import type { Operators } from '../workload/operators.ts';
import type { Acknowledged, Checker, FinalState, Issued } from './checkers/checker.ts';
import { IssuanceChecker } from './checkers/issuance.ts';
import { OnceChecker } from './checkers/once.ts';
import { allCheckers, Panel } from './checkers/panel.ts';
import { ValidityChecker } from './checkers/validity.ts';
import { circumstancesOf } from './circumstances.ts';
import { NetworkModel, type NetworkReader } from './network-model.ts';
import { ReplicaHost } from './replica-host.ts';
import { type FaultNotice, Timeline } from './timeline.ts';
import { TraceDigest } from './trace-digest.ts';
import { TraceTail } from './trace-tail.ts';
import { Scheduler, VirtualClock, VirtualTimers } from './virtual-time.ts';

/** Virtual time begins here: 2026-01-01. Fixed, so that a scenario and its seed say it all. */
export const startMs = Date.UTC(2026, 0, 1);
/** Trace lines kept for the report of a violation. */
const tailLines = 30;

const { maxRetryMs } = localhostRetryPolicy;
/**
 * In a lossy network a client may have to ask often: one loss in three makes 20 times one in 10⁹.
 */
const patienceMs = { whole: 2 * maxRetryMs, lossy: 20 * maxRetryMs };

/** What a run tells readers that keep a trace. All of it is optional and changes nothing. */
export interface WorldReaders {
  readonly network?: NetworkReader;
  readonly step?: (replica: number, input: Input, effects: readonly Effect[]) => void;
  readonly executed?: (replica: number, executed: ExecutedBatch) => void;
  readonly seat?: (replica: number, seat: Seat) => void;
  readonly isolated?: (replica: number, processes: readonly number[]) => void;
  readonly standing?: (replica: number, change: ProcessStanding) => void;
  readonly clientStanding?: (replica: number, change: ClientStandingChange) => void;
  readonly fault?: (fault: FaultNotice) => void;
}

export interface WorldOptions {
  readonly scenario: Scenario;
  /** Of the ledger: needs the validators' keys, and brings the clients' accounts. */
  readonly genesis: (deployment: Deployment, scheme: SignatureScheme) => Genesis;
  readonly readers: WorldReaders;
  /** Judges besides the usual ones. */
  readonly checkers?: readonly Checker[];
}

/** The ports of one client. */
export interface ClientPorts {
  readonly network: Network;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly random: Random;
}

/** A cluster in virtual time: hosts, network, timeline, and the checkers that watch them. */
export class World {
  readonly scheduler = new Scheduler();
  readonly scheme: SignatureScheme;
  readonly deployment: Deployment;
  readonly genesis: Genesis;
  readonly network: NetworkModel;
  readonly hosts: readonly ReplicaHost[];
  readonly timeline: Timeline;
  readonly panel: Panel;
  readonly tail: TraceTail;
  readonly trace: TraceDigest;
  /** As the clients know them; shared, so that one learns what another was shown. */
  readonly epochs: EpochChain;
  readonly adversaries: ReadonlySet<number>;
  /** Who takes isolated replicas back; set before the timeline asks for it. */
  operators: Operators | null = null;
  private readonly shared: SharedWork;
  private readonly options: WorldOptions;
  private readonly random: Random;

  constructor(options: WorldOptions) {
    const { scenario } = options;
    const { voting, standby } = scenario.replicas;
    this.options = options;
    this.random = new Random(`${scenario.seed}/world`);
    this.scheme = scenario.signatures === 'ideal' ? idealScheme : ed25519;
    this.deployment = deploymentOf(scenario, this.scheme);
    this.genesis = options.genesis(this.deployment, this.scheme);
    this.epochs = new EpochChain(this.deployment.validators, (set) => {
      return voteVerifier(this.scheme, set);
    });
    this.adversaries = new Set(adversariesOf(scenario));
    const { chainId, requirements } = this.genesis;
    this.shared = {
      verdicts: new StaticCheckCache({ chainId, requirements, scheme: this.scheme }),
      executions: new SharedExecutions(),
    };
    this.trace = new TraceDigest(JSON.stringify([scenario.name, scenario.seed]));
    this.network = this.makeNetwork();
    this.tail = new TraceTail(tailLines, (id) => this.network.addressOf(id));
    this.panel = this.makePanel();
    this.hosts = Array.from({ length: voting + standby }, (_, i) => this.makeHost(i));
    this.timeline = new Timeline({
      scenario,
      scheduler: this.scheduler,
      network: this.network,
      hosts: this.hosts,
      onFault: (fault) => this.onFault(fault),
      onRestart: (replica) => this.panel.restarted(replica),
      readmit: (replica, done) => this.operators?.readmit(replica, done),
    });
  }

  /** Everyone starts at virtual time 0. */
  start(): void {
    for (const host of this.hosts) host.start();
    this.judgeCircumstances();
  }

  get nowMs(): number {
    return this.scheduler.nowUs / 1000;
  }

  /** Ports for a client; `number` tells its timers apart in the trace. */
  client(address: Address, number: number): ClientPorts {
    const clock = new VirtualClock(this.scheduler, startMs, 0);
    const owner = this.hosts.length + number;
    const timers = new VirtualTimers(this.scheduler, clock, owner, this.onTimer);
    const random = this.random.fork(address);
    return { network: this.network.client(address), timers, clock, random };
  }

  /** A client got a certified answer. */
  acknowledged(acknowledged: Acknowledged): void {
    this.panel.acknowledged(acknowledged, this.scheduler.nowUs);
  }

  /** A client got a certificate. */
  issued(issued: Issued): void {
    this.panel.issued(issued, this.scheduler.nowUs);
  }

  /** A client saw the cluster do what it must not. */
  wrong(detail: string): void {
    this.panel.found(
      'hostileClient',
      { sequence: null, replicas: [], detail },
      this.scheduler.nowUs,
    );
  }

  /** Correct replicas that are up, as they stand now. */
  finalStates(): FinalState[] {
    const states: FinalState[] = [];
    for (const { index, up, standing, lostDisk, seat } of this.hosts) {
      if (!up || this.adversaries.has(index)) continue;
      const { executed, stateDigest } = standing;
      const votes = seat !== null && !follows(seat);
      states.push({ replica: index, executed, stateDigest: stateDigest ?? '', lostDisk, votes });
    }
    return states;
  }

  /** The last sequence that some correct replica executed. */
  newestExecuted(): number {
    return Math.max(0, ...this.finalStates().map(({ executed }) => executed));
  }

  /** True when every correct replica that is up holds the same state. */
  settled(): boolean {
    const [first, ...others] = this.finalStates();
    return others.every(
      ({ executed, stateDigest }) =>
        executed === first?.executed && stateDigest === first.stateDigest,
    );
  }

  /** True while evidence that a correct replica knows of waits to be ordered. */
  awaitsJudgement(): boolean {
    return this.hosts.some((host) => {
      return !this.adversaries.has(host.index) && (host.holdings()?.accusations ?? 0) > 0;
    });
  }

  /**
   * Correct replicas that were restarted and are with the rest again: what little they may lack is
   * under way. That equal sequences mean equal states is the agreement checker's to say.
   */
  recovered(): number[] {
    const states = this.finalStates();
    const newest = this.newestExecuted();
    const enough = this.settled() ? newest : newest - this.deployment.parameters.pipelineDepth;
    return states
      .filter(({ executed }) => executed >= enough)
      .map(({ replica }) => replica)
      .filter((replica) => (this.hosts[replica]?.restarts ?? 0) > 0);
  }

  /** Whom the newest state of a correct replica says was convicted, now or in an earlier epoch. */
  isolated(): readonly number[] {
    const correct = this.hosts.filter(({ index, up }) => up && !this.adversaries.has(index));
    const newest = correct.toSorted((a, b) => b.standing.executed - a.standing.executed)[0];
    return newest?.isolated ?? [];
  }

  /** Has what every replica keeps counted and judged. */
  judgeHoldings(): void {
    for (const host of this.hosts) {
      const holdings = host.holdings();
      if (holdings !== null) this.panel.holdings(host.index, holdings, this.scheduler.nowUs);
    }
  }

  private readonly onTimer = (atUs: number, owner: number): void => {
    this.trace.timer(owner, atUs);
  };

  private makeNetwork(): NetworkModel {
    const { latency, loss, duplicate, reorder } = this.options.scenario.network;
    const conditions = { latency, loss, duplicate, reorder };
    const extra = this.options.readers.network;
    const reader: NetworkReader = {
      onSend: (from, to, frame, atUs, deliverAtUs) => {
        this.trace.sent(from, to, frame, deliverAtUs);
        extra?.onSend(from, to, frame, atUs, deliverAtUs);
      },
      onDeliver: (from, to, frame, atUs) => {
        this.tail.delivered(from, to, frame, atUs);
        extra?.onDeliver(from, to, frame, atUs);
      },
      onUndelivered: (from, to, atUs) => this.trace.undelivered(from, to, atUs),
    };
    const random = this.random.fork('network');
    const network = new NetworkModel(this.scheduler, random, conditions, reader);
    eachOwnLink(this.options.scenario.network, (from, to, range) => {
      network.setLinkLatency(from, to, range);
    });
    return network;
  }

  private makePanel(): Panel {
    const { validators, parameters } = this.deployment;
    const n = validators.publicKeys.length;
    const { verify } = this.epochs.firstEpoch;
    const cast = { n, adversaries: this.adversaries, validators, verify };
    const few = this.adversaries.size <= maxFaulty(n);
    const clientPatienceMs = this.network.lossy ? patienceMs.lossy : patienceMs.whole;
    const keptMs = retentionMs(this.genesis.requirements.maxTimeOffsetMs);
    const usual = allCheckers(cast, parameters, keptMs, few ? { clientPatienceMs } : null);
    const validity = new ValidityChecker({ genesis: this.genesis, scheme: this.scheme });
    const judges = [validity, new IssuanceChecker(), ...(this.options.checkers ?? [])];
    const once = this.options.scenario.hostileClients === undefined ? [] : [new OnceChecker()];
    return new Panel(cast, [...usual, ...once, ...judges]);
  }

  private makeHost(index: number): ReplicaHost {
    const { scenario, readers } = this.options;
    const { scheme, deployment, genesis, shared, scheduler, network } = this;
    const signer = scheme.signer(replicaSeed(scenario, index));
    const watched = {
      clientKey: (client: number) => scheme.signer(clientKeySeed(scenario.seed, client)).publicKey,
      onDeparture: (departure: Departure) => this.onDeparture(departure),
    };
    return new ReplicaHost({
      index,
      deployment,
      genesis,
      shared,
      scheme,
      signer,
      scheduler,
      network,
      random: this.random.fork(`replica-${index}`),
      startMs,
      onTimer: this.onTimer,
      reader: {
        onStep: (replica, input, effects) => this.onStep(replica, input, effects),
        onExecuted: (replica, executed) => this.onExecuted(replica, executed),
        onSeat: (replica, seat) => this.onSeat(replica, seat),
        onIsolated: (replica, processes) => this.onIsolated(replica, processes),
        onStanding: (replica, change) => readers.standing?.(replica, change),
        onClientStanding: (replica, change) => readers.clientStanding?.(replica, change),
        onFailed: (replica, error) => this.onFailed(replica, error),
      },
      behaviour: () => villainOf({ scenario, replica: index, signer, startMs, ...watched }),
    });
  }

  private onStep(replica: number, input: Input, effects: readonly Effect[]): void {
    if (effects.length === 0 && input.type !== 'installed') return;
    const atUs = this.scheduler.nowUs;
    for (const effect of effects) {
      if (effect.type === 'execute') {
        const { sequence, batchDigest } = effect.certificate.header.statement;
        this.trace.decided(replica, sequence, batchDigest, atUs);
        this.tail.decided(replica, sequence, batchDigest, atUs);
      } else if (effect.type === 'enterView') {
        const verb = effect.active ? 'enters' : 'leaves for';
        this.tail.note(`replica-${replica} ${verb} view ${effect.view}`, atUs);
      }
    }
    this.panel.step(replica, input, effects, atUs);
    this.options.readers.step?.(replica, input, effects);
  }

  private onExecuted(replica: number, executed: ExecutedBatch): void {
    this.panel.executed(replica, executed, this.scheduler.nowUs);
    this.options.readers.executed?.(replica, executed);
  }

  private onSeat(replica: number, seat: Seat): void {
    const atUs = this.scheduler.nowUs;
    if (seat.epoch > 0) this.tail.note(`replica-${replica} begins epoch ${seat.epoch}`, atUs);
    this.panel.seat(replica, seat, atUs);
    this.options.readers.seat?.(replica, seat);
    // Other processes vote now, so other faults matter.
    if (seat.epoch > 0 && !this.adversaries.has(replica)) this.judgeCircumstances();
  }

  private onIsolated(replica: number, processes: readonly number[]): void {
    this.panel.isolated(replica, processes, this.scheduler.nowUs);
    this.options.readers.isolated?.(replica, processes);
  }

  /** Processes that vote in the newest epoch a correct replica has come to. */
  private voters(): readonly number[] {
    const seats = this.hosts.flatMap(({ index, seat }) => {
      return seat === null || this.adversaries.has(index) ? [] : [seat];
    });
    const newest = seats.toSorted((a, b) => b.epoch - a.epoch)[0];
    const { publicKeys } = this.deployment.validators;
    return newest?.processes.slice(0, publicKeys.length) ?? [...publicKeys.keys()];
  }

  private onFailed(replica: number, error: Error): void {
    const detail = `replica ${replica} stops: ${error.message}`;
    this.onFault({ what: 'crash', replicas: [replica], detail });
  }

  /** In the middle of a step: nothing about the network is other than before. */
  private onDeparture(departure: Departure): void {
    this.tail.note(departure.detail, this.scheduler.nowUs);
    this.options.readers.fault?.(departure);
  }

  private onFault(fault: FaultNotice): void {
    const atUs = this.scheduler.nowUs;
    this.tail.note(fault.detail, atUs);
    this.judgeCircumstances();
    this.options.readers.fault?.(fault);
  }

  private judgeCircumstances(): void {
    const { maxClockSkewMs } = this.deployment.parameters;
    const voting = this.voters().flatMap((process) => this.hosts[process] ?? []);
    const now = circumstancesOf(this.network, voting, this.adversaries, maxClockSkewMs);
    this.panel.circumstances(now, this.scheduler.nowUs);
  }
}
