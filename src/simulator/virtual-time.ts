import { assert } from '../base/assert.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import { EventQueue } from './event-queue.ts';

/** Something that happens once, at a time of its own. */
export interface ScheduledEvent {
  fire(): void;
}

/** In the place of what was called off. */
const calledOff: ScheduledEvent = { fire: () => undefined };
/** So many of these may wait in the queue: to take one out by itself would mean to look for it. */
const maxCalledOff = 1024;

/** Takes what falls due of what {@link Scheduler.post} was given. */
export type OnArrival = (subject: number, object: number) => void;

/** In place of a subject: the object is the number of an event. */
const ownEvent = -1;

/**
 * Time inside a run: whole microseconds since its start, so that sums never round and the same
 * schedule comes out on every machine. It moves only from one event to the next.
 */
export class Scheduler {
  /** Microseconds since the start of the run. */
  nowUs = 0;
  /** Events fired so far. */
  fired = 0;
  /** The one who gets what is posted. */
  onArrival: OnArrival | null = null;
  private readonly queue = new EventQueue();
  /** Events that are to come, by number, and the numbers that are free. */
  private readonly events: (ScheduledEvent | null)[] = [];
  private readonly free: number[] = [];
  private calledOff = 0;
  /** True time, as an operating system counts it whatever its clock is set to. */
  readonly steady: Clock = { nowMs: () => this.nowUs / 1000 };

  /** Puts `event` `delayUs` (rounded, never below 0) after now. Gives its number. */
  schedule(delayUs: number, event: ScheduledEvent): number {
    const number = this.free.pop() ?? this.events.length;
    this.events[number] = event;
    this.post(delayUs, ownEvent, number);
    return number;
  }

  /**
   * Lets the event of this number, which is still to come, not happen. Most of what is called off
   * is a deadline far ahead: a long run would keep one for every request until it falls due.
   */
  callOff(number: number): void {
    this.events[number] = calledOff;
    this.calledOff++;
    if (this.calledOff <= Math.max(maxCalledOff, this.queue.far / 2)) return;
    this.queue.retainFar((subject, object) => {
      if (subject !== ownEvent || this.events[object] !== calledOff) return true;
      this.forget(object);
      return false;
    });
  }

  /**
   * As {@link schedule} for what is many, and two whole numbers from 0 on: makes no object. Gives
   * the time at which `onArrival` gets them.
   */
  post(delayUs: number, subject: number, object: number): number {
    if (!Number.isFinite(delayUs)) assert(false, `delay of ${delayUs} µs`);
    const atUs = this.nowUs + Math.max(0, Math.round(delayUs));
    this.queue.push(atUs, subject, object);
    return atUs;
  }

  /** Runs `callback` once at `atUs` since the start (now, if that has passed). */
  at(atUs: number, callback: () => void): void {
    this.schedule(atUs - this.nowUs, new Callback(callback));
  }

  /** Time of the next event, or null when nothing is left to happen. */
  get nextAtUs(): number | null {
    return this.queue.nextAtUs;
  }

  /** Moves time to the next event and lets it happen; false when there is none. */
  step(): boolean {
    const { queue } = this;
    if (!queue.pop()) return false;
    this.nowUs = queue.atUs;
    this.fired++;
    const { subject, object } = queue;
    if (subject === ownEvent) this.fire(object);
    else this.onArrival?.(subject, object);
    return true;
  }

  get pending(): number {
    return this.queue.size;
  }

  private fire(number: number): void {
    const event = this.events[number];
    assert(event, 'an event that falls due is known');
    this.forget(number);
    event.fire();
  }

  private forget(number: number): void {
    if (this.events[number] === calledOff) this.calledOff--;
    this.events[number] = null;
    this.free.push(number);
  }
}

class Callback implements ScheduledEvent {
  private readonly callback: () => void;

  constructor(callback: () => void) {
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
    if (this.stopped) return () => {};
    const timer = new Timer(this, callback);
    const number = this.scheduler.schedule(this.clock.toVirtualUs(delayMs), timer);
    return () => {
      if (timer.end()) this.scheduler.callOff(number);
    };
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

class Timer implements ScheduledEvent {
  private callback: (() => void) | null;
  private readonly timers: VirtualTimers;

  constructor(timers: VirtualTimers, callback: () => void) {
    this.timers = timers;
    this.callback = callback;
  }

  /** True when it was still to come. */
  end(): boolean {
    const waited = this.callback !== null;
    this.callback = null;
    return waited;
  }

  fire(): void {
    const { callback } = this;
    this.callback = null;
    if (callback !== null) this.timers.fire(callback);
  }
}
