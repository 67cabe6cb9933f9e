import { assert } from '../base/assert.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import { EventQueue, type Queued } from './event-queue.ts';

/**
 * Time inside a run: whole microseconds since its start, so that sums never round and the same
 * schedule comes out on every machine. It moves only from one event to the next.
 */
export abstract class ScheduledEvent implements Queued {
  /** Set by the scheduler; equal times leave in the order in which they were scheduled. */
  atUs = 0;
  order = 0;
  next: Queued | null = null;
  abstract fire(): void;
}

export class Scheduler {
  /** Microseconds since the start of the run. */
  nowUs = 0;
  /** Events fired so far. */
  fired = 0;
  private scheduled = 0;
  private readonly queue = new EventQueue<ScheduledEvent>();
  /** True time, as an operating system counts it whatever its clock is set to. */
  readonly steady: Clock = { nowMs: () => this.nowUs / 1000 };

  /**
   * Puts `event` `delayUs` (rounded, never below 0) after now. An event stands in one queue once.
   */
  schedule(delayUs: number, event: ScheduledEvent): void {
    if (!Number.isFinite(delayUs)) assert(false, `delay of ${delayUs} µs`);
    event.atUs = this.nowUs + Math.max(0, Math.round(delayUs));
    event.order = this.scheduled++;
    this.queue.push(event);
  }

  /** Runs `callback` once at `atUs` since the start (now, if that has passed). */
  at(atUs: number, callback: () => void): void {
    this.schedule(atUs - this.nowUs, new Callback(callback));
  }

  /** Time of the next event, or null when nothing is left to happen. */
  get nextAtUs(): number | null {
    return this.queue.peek()?.atUs ?? null;
  }

  /** Moves time to the next event and lets it happen; false when there is none. */
  step(): boolean {
    const event = this.queue.pop();
    if (event === undefined) return false;
    this.nowUs = event.atUs;
    this.fired++;
    event.fire();
    return true;
  }

  get pending(): number {
    return this.queue.size;
  }
}

class Callback extends ScheduledEvent {
  private readonly callback: () => void;

  constructor(callback: () => void) {
    super();
    this.callback = callback;
  }

  fire(): void {
    this.callback();
  }
}

/** A participant's own clock: starts at `startMs` plus an offset and runs `driftPpm` fast. */
export class VirtualClock implements Clock {
  private readonly scheduler: Scheduler;
  private readonly startMs: number;
  private readonly rate: number;
  private offsetMs = 0;

  /** `driftPpm`: microseconds this clock gains in each second of virtual time. */
  constructor(scheduler: Scheduler, startMs: number, driftPpm: number) {
    this.scheduler = scheduler;
    this.startMs = startMs;
    this.rate = 1 + driftPpm / 1e6;
  }

  /** Whole milliseconds since 1970. */
  nowMs(): number {
    return Math.floor(this.startMs + this.offsetMs + (this.scheduler.nowUs / 1000) * this.rate);
  }

  /** From now on wrong by `offsetMs` (0: right again, up to drift). */
  setOffset(offsetMs: number): void {
    this.offsetMs = offsetMs;
  }

  get offset(): number {
    return this.offsetMs;
  }

  /** Virtual microseconds in which this clock counts `delayMs`. */
  toVirtualUs(delayMs: number): number {
    return (delayMs * 1000) / this.rate;
  }
}

/** Told of every firing, in order: the trace digest. */
export type OnTimer = (atUs: number, owner: number) => void;

/** The timers of one incarnation of a participant; they drift with its clock and die with it. */
export class VirtualTimers implements Timers {
  private readonly scheduler: Scheduler;
  private readonly clock: VirtualClock;
  private readonly owner: number;
  private readonly onTimer: OnTimer;
  private stopped = false;

  /** `owner` names the participant to `onTimer`. */
  constructor(scheduler: Scheduler, clock: VirtualClock, owner: number, onTimer: OnTimer) {
    this.scheduler = scheduler;
    this.clock = clock;
    this.owner = owner;
    this.onTimer = onTimer;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = new Timer(this, callback);
    if (!this.stopped) this.scheduler.schedule(this.clock.toVirtualUs(delayMs), timer);
    return () => timer.cancel();
  }

  /** The participant crashed: nothing it waited for happens any more. */
  stop(): void {
    this.stopped = true;
  }

  /** Called by a timer that falls due. */
  fire(callback: () => void): void {
    if (this.stopped) return;
    this.onTimer(this.scheduler.nowUs, this.owner);
    callback();
  }
}

class Timer extends ScheduledEvent {
  private callback: (() => void) | null;
  private readonly timers: VirtualTimers;

  constructor(timers: VirtualTimers, callback: () => void) {
    super();
    this.timers = timers;
    this.callback = callback;
  }

  /** Leaves an empty event in the queue: cheaper than finding it, and it holds nothing alive. */
  cancel(): void {
    this.callback = null;
  }

  fire(): void {
    const callback = this.callback;
    this.callback = null;
    if (callback !== null) this.timers.fire(callback);
  }
}
