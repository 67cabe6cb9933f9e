import type { LiveEvent, LivePicture } from './live.ts';

/** Events kept for pages that reconnect, and pages served at once. */
export const liveLimits = { keptEvents: 500, listeners: 64 } as const;

/** A page's connection. It is told, and must not throw. */
export interface LiveListener {
  onPicture(picture: LivePicture): void;
  onEvent(event: LiveEvent): void;
}

type NewEvent = Omit<LiveEvent, 'id' | 'replica' | 'serial' | 'latencyMs'> &
  Partial<Pick<LiveEvent, 'replica' | 'serial' | 'latencyMs'>>;

/** Hands every picture and event to the pages that are open, and what they missed. */
export class LiveFeed {
  private readonly listeners = new Set<LiveListener>();
  private events: LiveEvent[] = [];
  private latest: LivePicture | null = null;
  private nextId = 1;

  /** Nobody looks: no picture needs to be painted. */
  get watched(): boolean {
    return this.listeners.size > 0;
  }

  show(picture: LivePicture): void {
    this.latest = picture;
    for (const listener of this.listeners) listener.onPicture(picture);
  }

  tell(event: NewEvent): void {
    const whole: LiveEvent = {
      replica: null,
      serial: null,
      latencyMs: null,
      ...event,
      id: this.nextId++,
    };
    this.events.push(whole);
    if (this.events.length > liveLimits.keptEvents) this.events = this.events.slice(1);
    for (const listener of this.listeners) listener.onEvent(whole);
  }

  /**
   * Adds a page and tells it what it missed since event `after` (0: all that is kept). The returned
   * function takes it off again; null when too many are open.
   */
  listen(listener: LiveListener, after: number): (() => void) | null {
    if (this.listeners.size >= liveLimits.listeners) return null;
    // A page from before a restart of this process has seen ids that are not given out yet.
    const seen = after < this.nextId ? after : 0;
    if (this.latest !== null) listener.onPicture(this.latest);
    for (const event of this.events) if (event.id > seen) listener.onEvent(event);
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
