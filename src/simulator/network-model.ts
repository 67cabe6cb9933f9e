import { assert } from '../base/assert.ts';
import { memo } from '../base/memo.ts';
import type { Random } from '../base/random.ts';
import { drawLatencyMs, type Latency } from '../runtime/latency.ts';
import { type Address, type Network, replicaAddress } from '../runtime/ports.ts';
import { Parcels } from './parcels.ts';
import type { Scheduler } from './virtual-time.ts';

/** How every link behaves, per direction and frame. Probabilities 0..1. */
export interface LinkConditions {
  readonly latency: Latency;
  readonly loss: number;
  readonly duplicate: number;
  /** Chance of an extra delay that lets later frames overtake. */
  readonly reorder: number;
}

/** Key of one direction of a link between two replicas. */
function linkKey(from: number, to: number): number {
  return from * 65_536 + to;
}

/** Told of everything the network does; endpoints by number, see {@link NetworkModel.addressOf}. */
export interface NetworkReader {
  /** `deliverAtUs` is null when the frame is lost. */
  onSend(
    from: number,
    to: number,
    frame: Uint8Array,
    atUs: number,
    deliverAtUs: number | null,
  ): void;
  /** Before the receiver sees the frame. */
  onDeliver(from: number, to: number, frame: Uint8Array, atUs: number): void;
  /** The receiver is down: the frame is lost. */
  onUndelivered?(from: number, to: number, atUs: number): void;
}

type Receive = (from: Address, frame: Uint8Array) => void;

interface Endpoint {
  /** Index of the replica, or null: a client, which no partition touches. */
  readonly replica: number | null;
  readonly random: Random;
}

/** A reordered frame comes late by up to this many times the longest latency (at least 1 ms). */
const reorderFactor = 8;

/**
 * Datagrams between endpoints in virtual time. Frames are shared by reference, never copied, so a
 * broadcast of one frame stays one object. Faults are judged when a frame is sent: what is under
 * way arrives. What arrives at a crashed replica is lost.
 */
export class NetworkModel {
  readonly counts = { sent: 0, delivered: 0, dropped: 0, bytesSent: 0 };
  private readonly scheduler: Scheduler;
  private readonly random: Random;
  private readonly conditions: LinkConditions;
  private readonly latency: Latency;
  private readonly reader: NetworkReader | null;
  private readonly parcels = new Parcels();
  private readonly endpoints: Endpoint[] = [];
  /** By endpoint, apart from the rest, because every delivery asks; null: nobody listens. */
  private readonly receivers: (Receive | null)[] = [];
  private readonly addresses: Address[] = [];
  private readonly byAddress = new Map<Address, number>();
  /** Group of each replica while a partition lasts; those in no group form one more. */
  private groups: Map<number, number> | null = null;
  /** Loss by one-way link, on top of the conditions. */
  private readonly linkLoss = new Map<number, number>();
  /** Latency by one-way link, in place of the conditions'. */
  private readonly linkLatency = new Map<number, Latency>();

  constructor(
    scheduler: Scheduler,
    random: Random,
    conditions: LinkConditions,
    reader: NetworkReader | null,
  ) {
    this.scheduler = scheduler;
    this.random = random;
    this.conditions = conditions;
    this.latency = conditions.latency;
    this.reader = reader;
    // Not written as one assignment: V8 takes a function assigned to a property for one that lives
    // long, and what lives there, though dead, keeps all it knows from being collected young.
    const deliver = (to: number, parcel: number) => this.deliver(to, parcel);
    scheduler.onArrival = deliver;
  }

  /** A new incarnation of a replica; replaces the one before, which hears nothing any more. */
  replica(index: number): Network {
    return this.attach(replicaAddress(index), index);
  }

  client(address: Address): Network {
    return this.attach(address, null);
  }

  /** The endpoint crashed: frames for it are lost until it is attached again. */
  detach(address: Address): void {
    const id = this.byAddress.get(address);
    if (id !== undefined) this.receivers[id] = null;
  }

  addressOf(id: number): Address {
    const address = this.addresses[id];
    assert(address !== undefined, 'an endpoint by its number');
    return address;
  }

  /** Splits the replicas into groups that cannot reach each other. Clients reach everyone. */
  partition(groups: readonly (readonly number[])[]): void {
    this.groups = new Map();
    for (const [group, replicas] of groups.entries()) {
      for (const replica of replicas) this.groups.set(replica, group);
    }
  }

  heal(): void {
    this.groups = null;
  }

  /** Loses frames from one replica to another, in this direction only; 0 repairs the link. */
  setLinkLoss(from: number, to: number, loss: number): void {
    if (loss > 0) this.linkLoss.set(linkKey(from, to), loss);
    else this.linkLoss.delete(linkKey(from, to));
  }

  /** How long frames from one replica to another take, in this direction, from now on. */
  setLinkLatency(from: number, to: number, latency: Latency): void {
    this.linkLatency.set(linkKey(from, to), latency);
  }

  /** True while a partition or a link fault is in force. */
  get faulty(): boolean {
    return this.groups !== null || this.linkLoss.size > 0;
  }

  /** True when frames get lost for no fault of the timeline's. */
  get lossy(): boolean {
    return this.conditions.loss > 0;
  }

  private endpointOf(id: number): Endpoint {
    const endpoint = this.endpoints[id];
    assert(endpoint !== undefined, 'an endpoint by its number');
    return endpoint;
  }

  private attach(address: Address, replica: number | null): Network {
    let id = this.byAddress.get(address);
    if (id === undefined) {
      id = this.endpoints.length;
      // A stream for each sender: what one participant sends does not shift another's fate.
      const random = this.random.fork(address);
      this.endpoints.push({ replica, random });
      this.addresses.push(address);
      this.byAddress.set(address, id);
    }
    const fromId = id;
    const { receivers } = this;
    receivers[fromId] = null;
    let mine: Receive | null = null;
    // An incarnation that crashed sends no more, whatever still holds on to it.
    const maySend = (): boolean => mine === null || receivers[fromId] === mine;
    return {
      send: (to, frame) => {
        if (maySend()) this.send(fromId, this.byAddress.get(to), frame);
      },
      sendToAll: (to, frame) => {
        if (!maySend()) return;
        const ids = this.idsOf(to);
        for (let i = 0; i < ids.length; i++) this.send(fromId, ids[i], frame);
      },
      onFrame: (receive) => {
        mine = receive;
        receivers[fromId] = receive;
      },
    };
  }

  /** Looked up once for each list of addresses: those of an epoch stay the same. */
  private idsOf(addresses: readonly Address[]): readonly (number | undefined)[] {
    const known = idLists.get(addresses);
    if (known !== undefined && known.network === this) return known.ids;
    const ids = addresses.map((address) => this.byAddress.get(address));
    if (!ids.includes(undefined)) idLists.set(addresses, { network: this, ids });
    return ids;
  }

  private send(fromId: number, toId: number | undefined, frame: Uint8Array): void {
    this.counts.sent++;
    this.counts.bytesSent += frame.length;
    if (toId === undefined) {
      this.counts.dropped++;
      return;
    }
    const from = this.endpoints[fromId] as Endpoint;
    const { loss, duplicate } = this.conditions;
    const isCut = this.faulty && this.cut(from, this.endpointOf(toId));
    if (isCut || (loss > 0 && from.random.chance(loss))) {
      this.counts.dropped++;
      this.reader?.onSend(fromId, toId, frame, this.scheduler.nowUs, null);
      return;
    }
    this.launch(from.random, fromId, toId, frame);
    if (duplicate > 0 && from.random.chance(duplicate)) {
      this.launch(from.random, fromId, toId, frame);
    }
  }

  private cut(from: Endpoint, to: Endpoint): boolean {
    if (from.replica === null || to.replica === null || from === to) return false;
    if (this.groups !== null) {
      if (this.groups.get(from.replica) !== this.groups.get(to.replica)) return true;
    }
    const loss = this.linkLoss.get(linkKey(from.replica, to.replica));
    return loss !== undefined && from.random.chance(loss);
  }

  private latencyOf(fromId: number, toId: number): Latency {
    const from = this.endpointOf(fromId).replica;
    const to = this.endpointOf(toId).replica;
    const own = from === null || to === null ? null : this.linkLatency.get(linkKey(from, to));
    return own ?? this.latency;
  }

  private launch(random: Random, from: number, to: number, frame: Uint8Array): void {
    const { reorder } = this.conditions;
    const latency = this.linkLatency.size > 0 ? this.latencyOf(from, to) : this.latency;
    let delayMs = drawLatencyMs(latency, random);
    if (reorder > 0 && random.chance(reorder)) {
      delayMs += random.next() * reorderFactor * Math.max(1, latency.maxMs);
    }
    const parcel = this.parcels.take(from, frame);
    const deliverAtUs = this.scheduler.post(delayMs * 1000, to, parcel);
    this.reader?.onSend(from, to, frame, this.scheduler.nowUs, deliverAtUs);
  }

  /** A frame falls due. */
  private deliver(to: number, parcel: number): void {
    const { parcels } = this;
    const from = parcels.senderOf(parcel);
    const frame = parcels.frameOf(parcel);
    parcels.release(parcel);
    const receive = this.receivers[to] as Receive | null;
    if (receive === null) {
      this.counts.dropped++;
      this.reader?.onUndelivered?.(from, to, this.scheduler.nowUs);
      return;
    }
    this.counts.delivered++;
    this.reader?.onDeliver(from, to, frame, this.scheduler.nowUs);
    receive(this.addresses[from] as Address, frame);
  }
}

/** The endpoints that a list of addresses names in the network that was asked last. */
const idLists = memo<{
  readonly network: NetworkModel;
  readonly ids: readonly (number | undefined)[];
}>();
