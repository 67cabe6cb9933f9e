import type { Operation } from '../pbft/messages.ts';
import type { Input } from '../pbft/replica.ts';

/**
 * Clients' requests on their way to the replica. What the links bring in one turn goes on together,
 * so that the first of many is not ordered alone; where nobody tells when a turn ends, each goes on
 * at once. Holds no more than the door lets in.
 */
export class Arrivals {
  private readonly endOfTurn: ((last: () => void) => void) | undefined;
  private readonly feed: (request: Input) => void;
  private arrived: Operation[] = [];

  constructor(endOfTurn: ((last: () => void) => void) | undefined, feed: (request: Input) => void) {
    this.endOfTurn = endOfTurn;
    this.feed = feed;
  }

  take(operation: Operation): void {
    if (this.endOfTurn === undefined) return this.feed({ type: 'request', operation });
    if (this.arrived.push(operation) === 1) this.endOfTurn(() => this.goOn());
  }

  private goOn(): void {
    const { arrived } = this;
    this.arrived = [];
    arrived.forEach((operation, i) => {
      this.feed({ type: 'request', operation, more: i < arrived.length - 1 });
    });
  }
}
