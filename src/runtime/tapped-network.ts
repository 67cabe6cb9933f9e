import type { Address, Network } from './ports.ts';

/** Who looks on. It is told of every frame and must not change it. */
export interface Tap {
  onSend(to: Address, frame: Uint8Array): void;
  onReceive(from: Address, frame: Uint8Array): void;
}

/** Shows what goes over another network, at this end of it. */
export class TappedNetwork implements Network {
  private readonly inner: Network;
  private readonly tap: Tap;

  constructor(inner: Network, tap: Tap) {
    this.inner = inner;
    this.tap = tap;
  }

  send(to: Address, frame: Uint8Array, again?: boolean): void {
    this.tap.onSend(to, frame);
    this.inner.send(to, frame, again);
  }

  onFrame(receive: (from: Address, frame: Uint8Array) => void): void {
    this.inner.onFrame((from, frame) => {
      this.tap.onReceive(from, frame);
      receive(from, frame);
    });
  }

  publicKeyOf(address: Address): Uint8Array | null {
    return this.inner.publicKeyOf?.(address) ?? null;
  }
}
