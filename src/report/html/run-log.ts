import type { RunEvent } from '../../scenario/trace.ts';

/** A page with more than this opens slowly, and no eye takes in as many. */
export const maxMessages = 150_000;
export const maxOtherEvents = 60_000;

type MessageEvent = Extract<RunEvent, { type: 'message' }>;
export type OtherEvent = Exclude<RunEvent, MessageEvent>;

/** What of a run's events a report had no room for. */
export interface LeftOut {
  readonly messages: number;
  readonly events: number;
  /** When the first of them happened; null when all are there. */
  readonly fromMs: number | null;
}

/** Keeps a run's events for its report: the first so many, and a count of the others. */
export class RunLog {
  readonly messages: MessageEvent[] = [];
  readonly events: OtherEvent[] = [];
  private readonly limits: { readonly messages: number; readonly events: number };
  private left: LeftOut = { messages: 0, events: 0, fromMs: null };

  constructor(limits = { messages: maxMessages, events: maxOtherEvents }) {
    this.limits = limits;
  }

  get leftOut(): LeftOut {
    return this.left;
  }

  add(event: RunEvent): void {
    if (event.type === 'message') {
      if (this.messages.length < this.limits.messages) this.messages.push(event);
      else this.leave(event, 'messages');
    } else if (this.hasRoomFor(event)) {
      this.events.push(event);
    } else {
      this.leave(event, 'events');
    }
  }

  /**
   * What happens at every sequence number or every bad message makes way for what happens seldom:
   * without a new view or an accusation the picture would be wrong. Those are few, but bounded too.
   */
  private hasRoomFor({ type }: OtherEvent): boolean {
    const isCommon = type === 'decided' || type === 'executed' || type === 'strike';
    return this.events.length < this.limits.events * (isCommon ? 0.8 : 1);
  }

  private leave({ atMs }: RunEvent, what: 'messages' | 'events'): void {
    const fromMs = this.left.fromMs ?? atMs;
    this.left = { ...this.left, [what]: this.left[what] + 1, fromMs };
  }
}
