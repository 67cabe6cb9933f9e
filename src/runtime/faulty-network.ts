import { Heap } from '../base/heap.ts';
import type { Random } from '../base/random.ts';
import { drawLatencyMs, type Latency } from './latency.ts';
import { maxHeldBytes, maxHeldFrames } from './limits.ts';
import type { Address, Clock, Network, Timers } from './ports.ts';

/** How every link from here behaves, per frame. Probabilities 0..1. */
export interface LinkFaults {
  readonly latency: Latency;
  readonly loss: number;
  readonly duplicate: number;
  /** Chance of an extra delay that lets later frames overtake. */
  readonly reorder: number;
  /** Latency of what goes to single peers, in place of everybody's. */
  readonly latencyTo?: ReadonlyMap<Address, Latency>;
}

export const noFaults: LinkFaults = {
  latency: { minMs: 0, maxMs: 0 },
  loss: 0,
  duplicate: 0,
  reorder: 0,
};

/** A reordered frame comes late by up to this many times the longest latency (at least 1 ms). */
const reorderFactor = 8;

interface Held {
  readonly dueMs: number;
  readonly ordinal: number;
  readonly to: Address;
  readonly frame: Uint8Array;
  readonly again: boolean;
}

export interface FaultyNetworkOptions {
  /** Must not be the clock that fault injection moves: it measures delays. */
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/**
 * Faults on top of another network, in the direction away from this endpoint; the way back is
 * the other endpoint's. A frame's fate is drawn when it is sent: what is held back still arrives
 * after a cut, as what is under way does.
 */
export class FaultyNetwork implements Network {
  private readonly inner: Network;
  private readonly options: FaultyNetworkOptions;
  private readonly held = new Heap<Held>(
    (a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.ordinal < b.ordinal),
  );
  private readonly linkLoss = new Map<Address, number>();
  private cutOff: ReadonlySet<Address> = new Set();
  private faults: LinkFaults = noFaults;
  private faultless = true;
  private ordinal = 0;
  private heldBytes = 0;
  /** Frames that this decorator lost on purpose, or because it held too many. */
  private droppedFrames = 0;
  private wake: { readonly dueMs: number; readonly cancel: () => void } | null = null;

  constructor(inner: Network, options: FaultyNetworkOptions) {
    this.inner = inner;
    this.options = options;
  }

  /** How all links behave from now on. */
  setFaults(faults: LinkFaults): void {
    this.faults = faults;
    this.look();
  }

  /** A partition: nothing goes to `addresses` until the next call. */
  setCutOff(addresses: Iterable<Address>): void {
    this.cutOff = new Set(addresses);
    this.look();
  }

  /** Loses a share of the frames to one peer, on top of the faults of all links; 0 repairs it. */
  setLinkLoss(to: Address, loss: number): void {
    if (loss > 0) this.linkLoss.set(to, loss);
    else this.linkLoss.delete(to);
    this.look();
  }

  get dropped(): number {
    return this.droppedFrames;
  }

  onFrame(receive: (from: Address, frame: Uint8Array) => void): void {
    this.inner.onFrame(receive);
  }

  publicKeyOf(address: Address): Uint8Array | null {
    return this.inner.publicKeyOf?.(address) ?? null;
  }

  send(to: Address, frame: Uint8Array, again = false): void {
    if (this.faultless && this.held.size === 0) return this.inner.send(to, frame, again);
    const { random } = this.options;
    const lost =
      this.cutOff.has(to) ||
      random.chance(this.linkLoss.get(to) ?? 0) ||
      random.chance(this.faults.loss);
    if (lost) {
      this.droppedFrames++;
      return;
    }
    this.launch(to, frame, again);
    if (random.chance(this.faults.duplicate)) this.launch(to, frame, again);
  }

  /** Forgets what is held back and sends nothing of it any more. */
  stop(): void {
    this.wake?.cancel();
    this.wake = null;
    this.droppedFrames += this.held.size;
    while (this.held.pop() !== undefined);
    this.heldBytes = 0;
  }

  /** Mostly there is nothing to draw, and every frame would ask six times. */
  private look(): void {
    const { latency, loss, duplicate, reorder, latencyTo } = this.faults;
    const all = loss + duplicate + reorder + latency.maxMs + (latencyTo?.size ?? 0);
    this.faultless = all === 0 && this.cutOff.size === 0 && this.linkLoss.size === 0;
  }

  private launch(to: Address, frame: Uint8Array, again: boolean): void {
    const delayMs = this.drawDelayMs(to);
    if (delayMs === 0 && this.held.size === 0) {
      this.inner.send(to, frame, again);
      return;
    }
    if (this.held.size >= maxHeldFrames || this.heldBytes + frame.length > maxHeldBytes) {
      this.droppedFrames++;
      return;
    }
    const dueMs = this.options.clock.nowMs() + delayMs;
    this.held.push({ dueMs, ordinal: this.ordinal++, to, frame, again });
    this.heldBytes += frame.length;
    this.wakeForNext();
  }

  private drawDelayMs(to: Address): number {
    const { reorder, latencyTo } = this.faults;
    const { random } = this.options;
    const latency = latencyTo?.get(to) ?? this.faults.latency;
    let delayMs = drawLatencyMs(latency, random);
    if (random.chance(reorder)) {
      delayMs += random.next() * reorderFactor * Math.max(1, latency.maxMs);
    }
    return delayMs;
  }

  /** One timer for all: for the frame that is due first. */
  private wakeForNext(): void {
    const next = this.held.peek();
    if (next === undefined || (this.wake !== null && this.wake.dueMs <= next.dueMs)) return;
    this.wake?.cancel();
    const delayMs = Math.max(0, next.dueMs - this.options.clock.nowMs());
    const cancel = this.options.timers.after(delayMs, () => this.release());
    this.wake = { dueMs: next.dueMs, cancel };
  }

  private release(): void {
    this.wake = null;
    const nowMs = this.options.clock.nowMs();
    for (let next = this.held.peek(); next !== undefined; next = this.held.peek()) {
      if (next.dueMs > nowMs) break;
      this.held.pop();
      this.heldBytes -= next.frame.length;
      this.inner.send(next.to, next.frame, next.again);
    }
    this.wakeForNext();
  }
}
