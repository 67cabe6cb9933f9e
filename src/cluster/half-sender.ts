import type { Libp2p, Stream } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { joinFrames } from '../runtime/frames.ts';
import { createHost, meshProtocol } from '../runtime/libp2p-host.ts';
import { peerIdOf, privateKeyFromSeed } from '../runtime/peer-identity.ts';
import type { Address } from '../runtime/ports.ts';

/** Frames begun at the same time. The oldest is cut off for a new one. */
const maxBegun = 64;

/** Where a replica is, and who it is. */
export interface HalfTarget {
  readonly publicKey: Uint8Array;
  /** Null: not known yet. */
  readonly multiaddr: string | null;
}

/**
 * A libp2p peer that begins frames and never ends them: announces a length, writes half of the
 * bytes and leaves the stream open, as a client does whose program hangs, or that means harm.
 */
export class HalfSender {
  private readonly target: (replica: Address) => HalfTarget;
  private readonly begun: Stream[] = [];
  private host: Libp2p | null = null;
  private readonly seed: Uint8Array;

  /** `seed`: of a key of its own, 32 bytes. */
  constructor(seed: Uint8Array, target: (replica: Address) => HalfTarget) {
    this.seed = seed;
    this.target = target;
  }

  async start(): Promise<void> {
    const privateKey = privateKeyFromSeed(this.seed);
    const gater = { denyDialMultiaddr: () => false };
    this.host = await createHost({ privateKey, listen: [], gater });
    await this.host.start();
  }

  /** Half of `frame`, length and all; what keeps it from leaving is nobody's concern. */
  sendHalf(to: Address, frame: Uint8Array): void {
    const { publicKey, multiaddr: where } = this.target(to);
    const { host } = this;
    if (host === null || where === null) return;
    const bytes = joinFrames([frame]);
    const peer = multiaddr(where).encapsulate(`/p2p/${peerIdOf(publicKey)}`);
    host
      .dialProtocol(peer, meshProtocol)
      .then((stream) => {
        stream.send(bytes.subarray(0, bytes.length >> 1));
        this.begun.push(stream);
        if (this.begun.length > maxBegun) this.begun.shift()?.abort(new Error('enough'));
      })
      .catch(() => undefined);
  }

  async stop(): Promise<void> {
    for (const stream of this.begun.splice(0)) stream.abort(new Error('stopping'));
    await this.host?.stop();
  }
}
