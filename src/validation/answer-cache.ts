import type { Clock } from '../runtime/ports.ts';

/**
 * Remembers values for a while: at most `capacity` of them, the least recently used goes first. One
 * that has outlived `ttlMs` is never given out.
 */
export class AnswerCache<T> {
  private readonly clock: Clock;
  private readonly ttlMs: number;
  private readonly capacity: number;
  /** In the order of their last use. */
  private readonly entries = new Map<string, { readonly value: T; readonly untilMs: number }>();

  constructor(clock: Clock, ttlMs: number, capacity: number) {
    this.clock = clock;
    this.ttlMs = ttlMs;
    this.capacity = capacity;
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: string): T | null {
    const entry = this.entries.get(key);
    if (entry === undefined) return null;
    this.entries.delete(key);
    if (entry.untilMs <= this.clock.nowMs()) return null;
    this.entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: T): void {
    if (this.ttlMs <= 0) return;
    this.entries.delete(key);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size < this.capacity) break;
      this.entries.delete(oldest);
    }
    this.entries.set(key, { value, untilMs: this.clock.nowMs() + this.ttlMs });
  }
}
