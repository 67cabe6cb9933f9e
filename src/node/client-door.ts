import type { Digest } from '../base/digest.ts';
import { ClientWatch } from '../faults/clients.ts';
import type { Offence } from '../faults/offence.ts';
import { requestDigest } from '../pbft/envelope.ts';
import type { Operation } from '../pbft/messages.ts';
import type { Address } from '../runtime/ports.ts';
import type { NodeOptions } from './options.ts';
import type { Replies } from './replies.ts';

type DoorOptions = Pick<NodeOptions, 'clock' | 'steady' | 'observer'>;

/**
 * Where clients come in. Whoever has more waiting than its share of the room is sent away, which
 * leaves room for the others; whoever goes on all the same, or sends what no client sends, is
 * suspected and read slowly for a while.
 */
export class ClientDoor {
  private readonly options: DoorOptions;
  private readonly replies: Replies;
  private readonly watch: ClientWatch;

  constructor(options: DoorOptions, replies: Replies) {
    const { clock, observer } = options;
    this.options = options;
    this.replies = replies;
    this.watch = new ClientWatch((client, to) => {
      observer.onClientStanding?.({ client, to }, clock.nowMs());
    });
  }

  /** Clients it has an opinion of. */
  get size(): number {
    return this.watch.size;
  }

  /** A frame came from `client`. False: drop it unread. */
  admits(client: Address): boolean {
    return this.watch.admits(client, this.nowMs());
  }

  /** It sent what no correct client sends. */
  refused(client: Address, offence: Offence): void {
    this.watch.strike(client, offence, this.nowMs());
  }

  /** True when `operation` is to be ordered for `client`, who waits for its answer from now on. */
  takes(client: Address, operation: Operation, isPending: (digest: Digest) => boolean): boolean {
    const digest = requestDigest(operation);
    const taken = this.replies.expect(digest, operation.length, client, isPending);
    if (taken === 'expected') return true;
    const { observer, clock } = this.options;
    const crowd = taken === 'crowded' ? 'too many wait for it' : 'more than its share waits';
    observer.onRefused?.(client, crowd, clock.nowMs());
    // No fault of theirs who ask the same, only of who fills the room alone.
    if (taken === 'overShare') {
      this.watch.shed(client, this.replies.waitingOf(client), this.nowMs());
    }
    return false;
  }

  /** By time that never jumps. */
  private nowMs(): number {
    return (this.options.steady ?? this.options.clock).nowMs();
  }
}
