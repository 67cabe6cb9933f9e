import type { Random } from '../base/random.ts';
import type { Timers } from '../runtime/ports.ts';

/** A process that may be hurt. */
export interface Victim {
  readonly name: string;
  readonly pid: number | null;
  readonly isUp: boolean;
}

export interface ChaosOptions {
  readonly victims: readonly Victim[];
  /** How many may be hurt at the same time: f, and the service goes on. */
  readonly atOnce: number;
  readonly random: Random;
  readonly timers: Timers;
  readonly signal: (pid: number, signal: NodeJS.Signals) => void;
  readonly onNotice: (text: string) => void;
}

/** Between two blows, and how long a process may stand still. */
const pauseMs = { min: 3000, max: 10_000 };
const standstillMs = { min: 2000, max: 8000 };
/** Up again is not caught up: so long it still counts as hurt. */
const recoveryMs = 5000;
const lookMs = 250;

/**
 * Hurts processes at random for as long as it runs, as machines and their operators do: killed,
 * stopped in order, or standing still for a while. What is hurt comes back by itself.
 */
export class Chaos {
  private readonly options: ChaosOptions;
  private readonly hurt = new Set<Victim>();
  private readonly suspended = new Map<Victim, number>();
  private cancels = new Set<() => void>();
  private stopped = false;

  constructor(options: ChaosOptions) {
    this.options = options;
  }

  start(): void {
    this.after(this.draw(pauseMs), () => {
      this.strike();
      this.start();
    });
  }

  /** Strikes no more, and wakes who stands still. */
  stop(): void {
    this.stopped = true;
    for (const cancel of this.cancels) cancel();
    for (const [victim, pid] of this.suspended) this.wake(victim, pid);
  }

  private strike(): void {
    const { victims, atOnce, random, onNotice } = this.options;
    if (this.hurt.size >= atOnce) return;
    const sound = victims.filter((one) => one.isUp && !this.hurt.has(one));
    const victim = sound[random.below(Math.max(1, sound.length))];
    const pid = victim?.pid ?? null;
    if (victim === undefined || pid === null) return;
    this.hurt.add(victim);
    const signal = random.pick(['SIGKILL', 'SIGTERM', 'SIGSTOP'] as const);
    onNotice(`chaos: ${signal} to ${victim.name}`);
    this.options.signal(pid, signal);
    if (signal !== 'SIGSTOP') return this.awaitReturn(victim, pid);
    this.suspended.set(victim, pid);
    this.after(this.draw(standstillMs), () => {
      this.wake(victim, pid);
      this.release(victim);
    });
  }

  private wake(victim: Victim, pid: number): void {
    this.suspended.delete(victim);
    // Somebody else may have ended it, and another process may have its number.
    if (victim.pid === pid) this.options.signal(pid, 'SIGCONT');
  }

  /** Another process has taken the place of the one that was ended. */
  private awaitReturn(victim: Victim, pid: number): void {
    if (victim.isUp && victim.pid !== pid) this.release(victim);
    else this.after(lookMs, () => this.awaitReturn(victim, pid));
  }

  private release(victim: Victim): void {
    this.after(recoveryMs, () => this.hurt.delete(victim));
  }

  private draw({ min, max }: { readonly min: number; readonly max: number }): number {
    return this.options.random.between(min, max);
  }

  private after(delayMs: number, action: () => void): void {
    if (this.stopped) return;
    const cancel = this.options.timers.after(delayMs, () => {
      this.cancels.delete(cancel);
      action();
    });
    this.cancels.add(cancel);
  }
}
