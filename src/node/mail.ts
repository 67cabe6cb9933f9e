import type { Message, ReplicaIndex } from '../pbft/messages.ts';
import type { Address } from '../runtime/ports.ts';
import type { Epoch } from './epoch.ts';
import { encodeFrame } from './frames.ts';
import type { NodeOptions } from './options.ts';
import type { Outbox } from './outbox.ts';

/** Messages by which a replica says how far it has executed: others build on that. */
const tellsProgress = new Set<Message['type']>(['checkpoint', 'status', 'replyStable']);

/** What leaves a node: each message once encoded, and not before what it depends on is on disk. */
export class Mail {
  private readonly options: NodeOptions;
  private readonly outbox: Outbox;
  private stopped = false;

  constructor(options: NodeOptions, outbox: Outbox) {
    this.options = options;
    this.outbox = outbox;
  }

  /** Also what waits for the disk is not sent any more. */
  stop(): void {
    this.stopped = true;
  }

  /** To one member or follower of the epoch by its index, or to all other members. */
  toReplicas(epoch: Epoch, to: ReplicaIndex | 'others', message: Message, again = false): void {
    if (tellsProgress.has(message.type)) this.outbox.hurry();
    const frame = encodeFrame(message, this.options.meter);
    if (to !== 'others') {
      const address = epoch.addresses[to] ?? '';
      return this.outbox.afterWrites(() => this.deliver(address, message, frame, again));
    }
    this.outbox.afterWrites(() => this.deliverToAll(epoch.others, message, frame));
  }

  send(to: Address, message: Message): void {
    const frame = encodeFrame(message, this.options.meter);
    this.outbox.afterWrites(() => this.deliver(to, message, frame));
  }

  private deliverToAll(to: readonly Address[], message: Message, frame: Uint8Array): void {
    const { network, observer } = this.options;
    if (network.sendToAll === undefined || observer.onSend !== undefined) {
      for (const address of to) this.deliver(address, message, frame);
    } else if (!this.stopped) {
      network.sendToAll(to, frame);
    }
  }

  private deliver(to: Address, message: Message, frame: Uint8Array, again = false): void {
    if (this.stopped) return;
    this.options.observer.onSend?.(to, message, frame, this.options.clock.nowMs());
    this.options.network.send(to, frame, again);
  }
}
