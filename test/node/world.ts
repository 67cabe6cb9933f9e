import { utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/base/digest.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { Random } from '../../src/base/random.ts';
import type { Genesis } from '../../src/ledger/genesis.ts';
import { nopOperation } from '../../src/ledger/operation.ts';
import { Node } from '../../src/node/node.ts';
import { decodeMessage, encodeMessage } from '../../src/pbft/message-codec.ts';
import type { Message } from '../../src/pbft/messages.ts';
import type { Effect, Parameters } from '../../src/pbft/replica.ts';
import type { Observer } from '../../src/runtime/observer.ts';
import { type Address, type Journal, replicaAddress } from '../../src/runtime/ports.ts';
import { processOf, type Seat } from '../../src/runtime/seat.ts';
import type { AdversarySpec, BehaviourName } from '../../src/scenario/scenario.ts';
import { villainOf } from '../../src/scenario/villains.ts';
import { DiskModel } from '../../src/simulator/disk-model.ts';
import { NetworkModel } from '../../src/simulator/network-model.ts';
import { Scheduler, VirtualClock, VirtualTimers } from '../../src/simulator/virtual-time.ts';
import { scenario } from '../simulator/scenarios.ts';

export const parameters: Parameters = {
  checkpointInterval: 4,
  logWindow: 8,
  maxBatchOperations: 4,
  maxBatchBytes: 65_536,
  pipelineDepth: 2,
  proposalIntervalMs: 0,
  requestTimeoutMs: 400,
  statusIntervalMs: 100,
  maxClockSkewMs: 60_000,
};
const startMs = 1_700_000_000_000;
export const chainId = digest('test/chain', utf8('nodes'));

export interface Entry {
  readonly epoch: number;
  readonly base: number;
  readonly index: number;
}

/** A process: its disk outlives its node, and what it was seen to do outlives both. */
export interface Host {
  readonly process: number;
  readonly disk: DiskModel;
  node: Node | null;
  timers: VirtualTimers | null;
  receive: (from: Address, frame: Uint8Array) => void;
  seat: Seat | null;
  executed: number;
  readonly digests: Map<number, string>;
  /** Sequence after which each epoch began here, by epoch, once per time it was entered. */
  readonly entered: Entry[];
  isolated: readonly number[];
  /** Where the isolation was executed. */
  isolatedAt: number | null;
  readonly accused: number[];
  readonly struck: { readonly process: number; readonly reason: string }[];
  readonly refused: { readonly from: Address; readonly reason: string }[];
  /** Virtual time at which it last came into an epoch. */
  enteredAtMs: number;
  ranBefore: boolean;
  error: Error | null;
}

export interface WorldOptions {
  readonly voting?: number;
  readonly standby?: number;
  readonly villains?: Readonly<Record<number, BehaviourName | Villain>>;
  /** Sees every journal a node is given; may stand between. */
  readonly journal?: (process: number, journal: Journal) => Journal;
}

export interface Villain {
  readonly behaviour: BehaviourName;
  readonly fromMs: number;
}

/** A frame on its way, as a wire tap sees it. */
export interface Tapped {
  readonly from: Address;
  readonly to: Address;
  readonly message: Message;
}

/** Nodes over modelled networks and disks, nothing else: clients are frames the test sends. */
export class NodeWorld {
  readonly scheduler = new Scheduler();
  readonly random = new Random('node world');
  readonly network: NetworkModel;
  readonly hosts: readonly Host[];
  readonly genesis: Genesis;
  /** Everything sent, while somebody listens. */
  tap: Tapped[] | null = null;
  /** Messages the client got. */
  readonly replies: { readonly from: Address; readonly message: Message }[] = [];
  private readonly options: WorldOptions;
  private readonly clientSend: (to: Address, frame: Uint8Array) => void;
  private salt = 0;

  constructor(options: WorldOptions = {}) {
    this.options = options;
    const { voting = 4, standby = 1 } = options;
    const conditions = { latency: { minMs: 1, maxMs: 3 }, loss: 0, duplicate: 0, reorder: 0 };
    this.network = new NetworkModel(this.scheduler, this.random.fork('net'), conditions, {
      onSend: (from, to, frame) => this.overhear(from, to, frame),
      onDeliver: () => {},
    });
    const keys = Array.from({ length: voting + standby }, (_, i) => signerOf(i).publicKey);
    const { checkpointInterval, logWindow } = parameters;
    this.genesis = {
      chainId,
      requirements: {
        minimumStake: 1,
        maxTimeOffsetMs: 1000,
        minimumStorageBytes: 1,
        minimumComputeBits: 1,
      },
      scaleNote: '',
      validators: keys.slice(0, voting),
      succession: { standbys: keys.slice(voting), checkpointInterval, logWindow },
      accounts: [],
      plots: [],
      startMs,
      beaconEpochMs: 60_000,
    };
    this.hosts = keys.map((_, process) => this.makeHost(process));
    const client = this.network.client('client');
    client.onFrame((from, frame) => {
      const decoded = decodeMessage(frame);
      if (decoded.ok) this.replies.push({ from, message: decoded.value });
    });
    this.clientSend = (to, frame) => client.send(to, frame);
  }

  host(process: number): Host {
    return this.hosts[process] as Host;
  }

  start(...processes: readonly number[]): this {
    const which = processes.length > 0 ? processes : this.hosts.keys();
    for (const process of which) this.boot(this.host(process));
    this.run(5);
    return this;
  }

  crash(process: number): void {
    const host = this.host(process);
    host.node?.stop();
    host.timers?.stop();
    this.network.detach(replicaAddress(process));
    host.disk.crash();
    host.node = null;
  }

  restart(process: number, disk: 'kept' | 'lost' = 'kept'): void {
    this.crash(process);
    if (disk === 'lost') this.host(process).disk.lose();
    this.boot(this.host(process));
  }

  /** `count` operations, one every `everyMs`, to all processes, and the time they take. */
  load(count: number, everyMs = 10): void {
    for (let i = 0; i < count; i++) {
      this.scheduler.at(this.scheduler.nowUs + i * everyMs * 1000, () => this.request());
    }
    this.run(count * everyMs);
  }

  request(operation = nopOperation(utf8(`nop ${++this.salt}`))): void {
    const frame = encodeMessage({ type: 'request', operation });
    for (const { process } of this.hosts) this.clientSend(replicaAddress(process), frame);
  }

  /** Lets `ms` of virtual time pass, or until `done`. */
  run(ms: number, done: () => boolean = () => false): void {
    const untilUs = this.scheduler.nowUs + ms * 1000;
    while (!done()) {
      const next = this.scheduler.nextAtUs;
      if (next === null || next > untilUs) break;
      this.scheduler.step();
    }
    if (!done()) this.scheduler.nowUs = Math.max(this.scheduler.nowUs, untilUs);
  }

  /** Hands a frame to `to` as if it came over the link of `from`. */
  inject(from: number, to: number, message: Message): void {
    this.host(to).receive(replicaAddress(from), encodeMessage(message));
  }

  /** Epoch and state digest of each, to compare: all that is up stands at the same place. */
  standings(processes: readonly number[]): { epoch: number; executed: number; digest: string }[] {
    return processes.map((process) => {
      const { seat, executed, digests } = this.host(process);
      return { epoch: seat?.epoch ?? -1, executed, digest: digests.get(executed) ?? '' };
    });
  }

  private overhear(from: number, to: number, frame: Uint8Array): void {
    const decoded = this.tap === null ? null : decodeMessage(frame);
    if (!decoded?.ok) return;
    const { network } = this;
    const message = decoded.value;
    this.tap?.push({ from: network.addressOf(from), to: network.addressOf(to), message });
  }

  private makeHost(process: number): Host {
    return {
      process,
      disk: new DiskModel(this.scheduler, this.random.fork(`disk-${process}`), 0.5),
      node: null,
      timers: null,
      receive: () => {},
      seat: null,
      executed: 0,
      digests: new Map(),
      entered: [],
      isolated: [],
      isolatedAt: null,
      accused: [],
      struck: [],
      refused: [],
      enteredAtMs: 0,
      ranBefore: false,
      error: null,
    };
  }

  private boot(host: Host): void {
    const { process } = host;
    const clock = new VirtualClock(this.scheduler, startMs, 0);
    const timers = new VirtualTimers(this.scheduler, clock, process, () => {});
    const port = this.network.replica(process);
    const villain = this.villain(process);
    const journal = host.disk.mount();
    const { succession, validators } = this.genesis;
    host.executed = 0;
    host.isolated = [];
    host.timers = timers;
    host.node = new Node({
      index: process,
      validators: { chainId, epoch: 0, publicKeys: validators },
      standbys: succession?.standbys ?? [],
      signer: signerOf(process),
      scheme: idealScheme,
      parameters,
      genesis: this.genesis,
      clock,
      timers,
      network: {
        send: (to, frame) => port.send(to, frame),
        onFrame: (receive) => {
          host.receive = receive;
          port.onFrame(receive);
        },
      },
      journal: this.options.journal?.(process, journal) ?? journal,
      observer: observerOf(host, () => this.scheduler.nowUs / 1000),
      ranBefore: host.ranBefore,
      ...(villain === null ? {} : { behaviour: villain }),
    });
    host.ranBefore = true;
    host.node.start((error) => {
      host.error = error;
    });
  }

  private villain(process: number) {
    const roles = Object.entries(this.options.villains ?? {});
    const adversaries = roles.map(([replica, role]): AdversarySpec => {
      const villain = typeof role === 'string' ? { behaviour: role, fromMs: 0 } : role;
      return { replicas: [Number(replica)], untilMs: null, ...villain };
    });
    return villainOf({
      scenario: scenario({ adversaries }),
      replica: process,
      signer: signerOf(process),
      startMs,
      clientKey: () => new Uint8Array(32),
    });
  }
}

export function signerOf(process: number) {
  return idealScheme.signer(new Uint8Array(32).fill(process + 1));
}

function observerOf(host: Host, nowMs: () => number): Observer {
  let installing = { sequence: 0, stateDigest: '' };
  const at = ({ sequence, stateDigest }: { sequence: number; stateDigest: string }) => {
    host.executed = sequence;
    const before = host.digests.get(sequence);
    if (before !== undefined && before !== stateDigest) throw new Error(`two states ${sequence}`);
    host.digests.set(sequence, stateDigest);
  };
  return {
    onSeat(seat) {
      host.seat = seat;
      host.enteredAtMs = nowMs();
      const base = seat.court.base?.statement.sequence ?? 0;
      host.entered.push({ epoch: seat.epoch, base, index: seat.index });
    },
    onStep(input, effects) {
      if (input.type === 'installed' && input.ok) at(installing);
      if (input.type === 'recovered') {
        for (const record of input.records) {
          if (record.type === 'stable') at(record.certificate.statement);
        }
      }
      for (const effect of effects) note(host, effect);
      for (const effect of effects) {
        if (effect.type === 'install') installing = effect.certificate.statement;
      }
    },
    onExecuted: at,
    onIsolated(processes) {
      host.isolated = processes;
      host.isolatedAt ??= host.executed;
    },
    onRefused(from, reason) {
      host.refused.push({ from, reason });
    },
    onJournalError(error) {
      host.error = error;
    },
  };
}

function note(host: Host, effect: Effect): void {
  if (effect.type === 'accuse') {
    host.accused.push(processOf(host.seat, effect.evidence.accused));
  }
  if (effect.type === 'strike') {
    host.struck.push({ process: processOf(host.seat, effect.replica), reason: effect.reason });
  }
}
