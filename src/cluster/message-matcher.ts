import type { Address } from '../runtime/ports.ts';
import type { RunEvent } from '../scenario/trace.ts';
import type { WireNote } from './wire-tap.ts';

type MessageEvent = Extract<RunEvent, { type: 'message' }>;
type Sent = Omit<MessageEvent, 'type' | 'deliveredAtMs'>;

/**
 * Joins what both ends of a link say of one frame into one message of the trace. Equal frames of a
 * link are joined in the order they were sent; what nobody received by the end was lost.
 */
export class MessageMatcher {
  private readonly emit: (event: MessageEvent) => void;
  /** The name of a peer in the trace: replicas know clients by their keys only. */
  private readonly nameOf: (peer: Address) => Address;
  private readonly sent = new Map<string, Sent[]>();
  /** Told of before the sender's own word came. */
  private readonly early = new Map<string, number[]>();

  constructor(emit: (event: MessageEvent) => void, nameOf: (peer: Address) => Address) {
    this.emit = emit;
    this.nameOf = nameOf;
  }

  /** `self` says what passed at its end. */
  add(self: Address, note: WireNote): void {
    const peer = this.nameOf(note.peer);
    if (note.way === 'sent') this.onSent(self, peer, note);
    else this.onReceived(peer, self, note);
  }

  /** The run is over. */
  finish(): void {
    for (const waiting of this.sent.values()) {
      for (const message of waiting) this.tell(message, null);
    }
    this.sent.clear();
    this.early.clear();
  }

  private onSent(from: Address, to: Address, note: WireNote): void {
    const { atMs, sizeBytes, described, frameId } = note;
    if (described === null) return;
    const message = { atMs, from, to, sizeBytes, ...described };
    const key = `${from} ${to} ${frameId}`;
    const deliveredAtMs = take(this.early, key);
    if (deliveredAtMs !== undefined) this.tell(message, deliveredAtMs);
    else put(this.sent, key, message);
  }

  private onReceived(from: Address, to: Address, { atMs, frameId }: WireNote): void {
    const key = `${from} ${to} ${frameId}`;
    const message = take(this.sent, key);
    if (message !== undefined) this.tell(message, atMs);
    else put(this.early, key, atMs);
  }

  private tell(message: Sent, deliveredAtMs: number | null): void {
    this.emit({ type: 'message', ...message, deliveredAtMs });
  }
}

function put<T>(waiting: Map<string, T[]>, key: string, value: T): void {
  const queue = waiting.get(key);
  if (queue === undefined) waiting.set(key, [value]);
  else queue.push(value);
}

function take<T>(waiting: Map<string, T[]>, key: string): T | undefined {
  const queue = waiting.get(key);
  const value = queue?.shift();
  if (queue?.length === 0) waiting.delete(key);
  return value;
}
