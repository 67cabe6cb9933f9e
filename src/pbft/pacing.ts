import type { Digest } from '../base/digest.ts';
import { headerDigest } from './envelope.ts';
import type { MessageOf, Operation, ReplicaIndex } from './messages.ts';
import { weakQuorum } from './quorum.ts';
import type { Core, Slot } from './state.ts';

/**
 * How often large things are sent again. What a peer misses may be on its way, behind other copies
 * of the same: sent at every tick, a batch of a megabyte to each of six peers fills links faster
 * than they empty, and then nothing arrives in time, new views included. So copies are counted in
 * bytes, and each waits twice as long as the one before. What is small comes again at every tick.
 */

/** Bytes that never wait: votes and small batches, at each status tick. */
const cheapBytes = 16 * 1024;
/** Batches that one status message is answered with. The rest follows when the first arrived. */
const answerBytes = 1024 * 1024;
/** Requests that a backup passes on to the primary at one tick. */
const relayedBytes = 256 * 1024;
const relayedRequests = 64;
/** What the slowest link that is reckoned with carries in a tick. */
const linkBytesPerTick = 256 * 1024;
const longestPauseTicks = 16;

/** Something was sent again: not once more before `untilTick`, and then to wait twice as long. */
export interface Pause {
  readonly ticks: number;
  readonly untilTick: number;
}

function pauseAfter({ state }: Core, sizeBytes: number, before: Pause | undefined): Pause {
  const firstTicks = Math.ceil(sizeBytes / linkBytesPerTick);
  const doubled = sizeBytes <= cheapBytes ? 0 : 2 * (before?.ticks ?? 0);
  const ticks = Math.min(longestPauseTicks, Math.max(firstTicks, doubled));
  return { ticks, untilTick: state.tick + ticks };
}

/** What a backup may still pass on to the primary at this tick. */
export class RelayRoom {
  private readonly core: Core;
  private requests = relayedRequests;
  private bytes = relayedBytes;

  constructor(core: Core) {
    this.core = core;
  }

  get isFull(): boolean {
    return this.requests === 0 || this.bytes <= 0;
  }

  /** True when the request may go now. */
  takes(digest: Digest, operation: Operation): boolean {
    const { tick, relayed } = this.core.state;
    const before = relayed.get(digest);
    if (before !== undefined && tick < before.untilTick) return false;
    relayed.set(digest, pauseAfter(this.core, operation.length, before));
    this.requests--;
    this.bytes -= operation.length;
    return true;
  }
}

/** A peer that stood at `executed` while this replica was in `view` was to be sent batches. */
export interface Resent {
  readonly executed: number;
  readonly view: number;
  /** How often, this replica's own turn or not. */
  readonly times: number;
  readonly pause: Pause;
}

/**
 * What one status message of a peer may be answered with. All who hear it reckon alike, and of a
 * large decision it takes but one copy: f+1 of them are sure to hold a correct one, so these send
 * it, and next time the next f+1.
 */
export class AnswerRoom {
  private readonly core: Core;
  private readonly to: ReplicaIndex;
  private readonly executed: number;
  /** Null when it moved on since it was last sent batches, or never was. */
  private readonly before: Resent | null;
  /** What went is still under way: only what is cheap goes beside it. */
  private readonly waits: boolean;
  private bytes: number;
  private sentBytes = 0;
  private spared = false;

  constructor(core: Core, to: ReplicaIndex, { executed }: MessageOf<'status'>) {
    const { resent, tick, view } = core.state;
    const known = resent.get(to);
    const moved = known === undefined || known.view !== view || known.executed < executed;
    this.core = core;
    this.to = to;
    this.executed = executed;
    this.before = moved ? null : known;
    this.waits = this.before !== null && tick < this.before.pause.untilTick;
    this.bytes = this.waits ? cheapBytes : answerBytes;
  }

  /** True when `batch` may go now. */
  takes(batch: readonly Operation[]): boolean {
    const sizeBytes = sizeOf(batch);
    if (this.waits ? sizeBytes > this.bytes : this.bytes <= 0) return false;
    this.bytes -= sizeBytes;
    this.sentBytes += sizeBytes;
    return true;
  }

  /** As {@link takes}, of a batch that others hold as well: true when it is to come from here. */
  takesTurn(batch: readonly Operation[]): boolean {
    return this.takes(batch) && (sizeOf(batch) <= cheapBytes || this.isOwnTurn());
  }

  /**
   * The peer needs no copy of the batch of a decision: it voted for it. Believed once: who stands
   * still all the same may have lost its disk since.
   */
  spares(slot: Slot, batch: readonly Operation[]): boolean {
    if (this.before !== null || sizeOf(batch) <= cheapBytes) return false;
    if (!hasBatch(this.to, slot)) return false;
    this.spared = true;
    return true;
  }

  /** To be called when all was sent: the next answer depends on it. */
  close(): void {
    const { core, executed, before, sentBytes } = this;
    if (sentBytes <= cheapBytes && !this.spared) return;
    const times = (before?.times ?? 0) + (sentBytes > cheapBytes ? 1 : 0);
    const pause = pauseAfter(core, sentBytes, before?.pause);
    core.state.resent.set(this.to, { executed, view: core.state.view, times, pause });
  }

  private isOwnTurn(): boolean {
    const { index, n } = this.core;
    if (this.to >= n) return true; // it follows without a vote, and asks one at a time
    const others = (index - this.to - 1 + n) % n;
    const groups = Math.ceil((n - 1) / weakQuorum(n));
    return Math.floor(others / weakQuorum(n)) === (this.before?.times ?? 0) % groups;
  }
}

function sizeOf(batch: readonly Operation[]): number {
  let sizeBytes = 0;
  for (const operation of batch) sizeBytes += operation.length;
  return sizeBytes;
}

/** The peer's own vote, or header, in the slot's view shows that it holds the batch. */
export function hasBatch(peer: ReplicaIndex, { header, prepares, commits }: Slot): boolean {
  if (header === null) return false;
  if (header.sender === peer) return true;
  const vote = prepares.get(peer) ?? commits.get(peer);
  return vote?.statement.headerDigest === headerDigest(header);
}
