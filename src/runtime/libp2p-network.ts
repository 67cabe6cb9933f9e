import type { Connection, ConnectionGater, Libp2p, PeerId, Stream } from '@libp2p/interface';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { assert } from '../base/assert.ts';
import { readFrames } from './frames.ts';
import { createHost, meshProtocol } from './libp2p-host.ts';
import * as limits from './limits.ts';
import { handOnAtOnce, sendFrameAtOnce } from './link-shortcuts.ts';
import { updateWindowLate } from './link-tuning.ts';
import { type Meter, noMeter, within } from './meter.ts';
import { peerIdObjectOf, privateKeyFromSeed } from './peer-identity.ts';
import { type LinkHost, PeerLink } from './peer-link.ts';
import type { Address, Network } from './ports.ts';

/** A peer that is known beforehand, and whom nobody else can pretend to be. */
export interface KnownPeer {
  readonly address: Address;
  /** Ed25519, 32 bytes: its libp2p peer id follows from it. */
  readonly publicKey: Uint8Array;
  /** `/ip4/…/tcp/…`; null until {@link Libp2pNetwork.setMultiaddr} tells. */
  readonly multiaddr: string | null;
}

export interface Libp2pNetworkOptions {
  /** Secret of this endpoint's Ed25519 key, 32 bytes. */
  readonly seed: Uint8Array;
  /** Where to listen, `/ip4/127.0.0.1/tcp/0`; null for a client, which only calls. */
  readonly listen: string | null;
  readonly peers: readonly KnownPeer[];
  /** A peer broke the framing and was cut off. */
  readonly onBreach?: (address: Address, reason: string) => void;
  /** Told where time goes; absent: nobody is. */
  readonly meter?: Meter;
  readonly maxFrameBytes?: number;
  readonly maxQueuedFrames?: number;
  readonly maxQueuedBytes?: number;
}

export interface NetworkStatistics {
  /** Frames handed to {@link Network.send}. */
  readonly sent: number;
  /** Frames received from others. */
  readonly delivered: number;
  /** Frames thrown away on this side. */
  readonly dropped: number;
  /** Bytes written to streams, lengths included, before encryption. */
  readonly bytesSent: number;
}

export interface PeerStatus {
  readonly address: Address;
  readonly connected: boolean;
  /** Why the last attempt to reach it failed. */
  readonly lastError: string | null;
}

interface Peer {
  readonly address: Address;
  readonly peerId: PeerId;
  readonly known: boolean;
  readonly link: PeerLink;
  multiaddr: Multiaddr | null;
}

/** Address of a peer that is not in the table, a client say. */
export function strangerAddress(peerId: PeerId | string): Address {
  return `peer-${peerId}`;
}

/** Both sides dial, the one with the lower peer id only if it was not called by then. */
const courtesyMs = 250;

/**
 * The {@link Network} over libp2p: TCP, Noise, Yamux. Peers are known by the key that Noise proved
 * (`connection.remotePeer`), never by what they say. Known peers carry the names of the table,
 * others (clients) `peer-<peer id>`, and can be answered as long as they are connected.
 */
export class Libp2pNetwork implements Network {
  private readonly options: Libp2pNetworkOptions;
  private readonly maxFrameBytes: number;
  private readonly maxStrangerFrameBytes: number;
  private readonly byAddress = new Map<Address, Peer>();
  private readonly byPeerId = new Map<string, Peer>();
  /** Links with frames that wait for the end of this turn. */
  private readonly waiting = new Set<PeerLink>();
  private readonly counts = { sent: 0, delivered: 0, dropped: 0, bytesSent: 0 };
  private receive: ((from: Address, frame: Uint8Array) => void) | null = null;
  private refuse: (address: Address) => boolean = () => false;
  private host: Libp2p | null = null;
  private stopped = false;

  constructor(options: Libp2pNetworkOptions) {
    this.options = options;
    this.maxFrameBytes = options.maxFrameBytes ?? limits.maxFrameBytes;
    this.maxStrangerFrameBytes = Math.min(this.maxFrameBytes, limits.maxStrangerFrameBytes);
    for (const known of options.peers) {
      const peer = this.addPeer(known.address, peerIdObjectOf(known.publicKey), true);
      if (known.multiaddr !== null) peer.multiaddr = multiaddr(known.multiaddr);
    }
  }

  /** Listens and begins to call the known peers; does not wait for any of them. */
  async start(): Promise<void> {
    assert(this.host === null && !this.stopped, 'a network starts once');
    const host = await createHost({
      privateKey: privateKeyFromSeed(this.options.seed),
      listen: this.options.listen === null ? [] : [this.options.listen],
      gater: this.gater(),
    });
    this.host = host;
    host.addEventListener('connection:open', ({ detail }) => this.onConnectionOpen(detail));
    host.addEventListener('peer:disconnect', ({ detail }) => this.onPeerGone(detail));
    await host.handle(
      meshProtocol,
      (stream, connection) => {
        const peer = this.byPeerId.get(connection.remotePeer.toString());
        if (peer === undefined) {
          stream.abort(new Error('no link to this peer'));
          return undefined;
        }
        return this.read(peer, stream, connection);
      },
      { maxInboundStreams: limits.maxStreamsPerConnection },
    );
    await host.start();
    for (const peer of this.byAddress.values()) {
      if (peer.multiaddr !== null) this.call(peer);
    }
  }

  /** Cuts all links and stops listening, within a bounded time. Frames that wait are dropped. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const peer of this.byAddress.values()) peer.link.close();
    const host = this.host;
    if (host === null) return;
    for (const connection of host.getConnections()) connection.abort(new Error('stopping'));
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limits.stopTimeoutMs);
    try {
      await Promise.race([host.stop(), promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  send(to: Address, frame: Uint8Array, again = false): void {
    this.counts.sent++;
    const peer = this.byAddress.get(to);
    const tooLong = frame.length > this.maxFrameBytes;
    const useless = again && (peer?.link.outbox.sizeBytes ?? 0) > limits.maxBytesAhead;
    if (peer === undefined || this.stopped || tooLong || useless || this.refuse(to)) {
      this.counts.dropped++;
      return;
    }
    peer.link.outbox.push(frame);
    if (this.waiting.size === 0) setImmediate(() => this.flush());
    this.waiting.add(peer.link);
  }

  onFrame(receive: (from: Address, frame: Uint8Array) => void): void {
    assert(this.receive === null, 'a network has one receiver');
    this.receive = receive;
  }

  publicKeyOf(address: Address): Uint8Array | null {
    const key = this.byAddress.get(address)?.peerId.publicKey;
    return key?.type === 'Ed25519' ? key.raw : null;
  }

  /** Tells where a known peer listens (now): it is called there from now on. */
  setMultiaddr(address: Address, where: string): void {
    const peer = this.byAddress.get(address);
    assert(peer?.known, `${address} is not in the peer table`);
    peer.multiaddr = multiaddr(where);
    if (this.host !== null && !this.stopped) this.call(peer);
  }

  /** From now on refuses connections with, and frames from, every peer `refuse` is true for. */
  setRefuse(refuse: (address: Address) => boolean): void {
    this.refuse = refuse;
    for (const connection of this.host?.getConnections() ?? []) {
      if (this.refuses(connection.remotePeer)) connection.abort(new Error('refused'));
    }
  }

  /** Port this endpoint listens on; null for a client, or before the start. */
  get listeningPort(): number | null {
    for (const address of this.host?.getMultiaddrs() ?? []) {
      const tcp = address.getComponents().find(({ name }) => name === 'tcp');
      if (tcp?.value !== undefined) return Number(tcp.value);
    }
    return null;
  }

  /** Multiaddr of this endpoint as {@link setMultiaddr} takes it; null as above. */
  get listeningMultiaddr(): string | null {
    const address = this.host?.getMultiaddrs()[0];
    return address === undefined ? null : address.decapsulate('/p2p').toString();
  }

  get statistics(): NetworkStatistics {
    let dropped = this.counts.dropped;
    for (const { link } of this.byAddress.values()) dropped += link.outbox.dropped;
    return { ...this.counts, dropped };
  }

  /** How it stands with every known peer and every client that is connected. */
  get peers(): readonly PeerStatus[] {
    return [...this.byAddress.values()].map(({ address, link }) => {
      return { address, connected: link.connected, lastError: link.lastError };
    });
  }

  private flush(): void {
    within(this.options.meter ?? noMeter, 'send', () => {
      for (const link of this.waiting) link.flush();
    });
    this.waiting.clear();
  }

  private async read(peer: Peer, stream: Stream, connection: Connection): Promise<void> {
    updateWindowLate(stream);
    handOnAtOnce(stream);
    const limit = peer.known ? this.maxFrameBytes : this.maxStrangerFrameBytes;
    const end = await readFrames(stream, limit, (frame) => this.deliver(peer, frame));
    if (end.type === 'breach') this.onBreach(peer, connection, end.reason);
  }

  private deliver(peer: Peer, frame: Uint8Array): void {
    if (this.stopped || this.refuse(peer.address)) return;
    this.counts.delivered++;
    this.receive?.(peer.address, frame);
  }

  private onBreach(peer: Peer, connection: Connection, reason: string): void {
    connection.abort(new Error(reason));
    this.options.onBreach?.(peer.address, reason);
  }

  private onConnectionOpen(connection: Connection): void {
    const { remotePeer } = connection;
    const open = this.host?.getConnections(remotePeer) ?? [];
    if (this.stopped || this.refuses(remotePeer) || open.length > limits.maxConnectionsPerPeer) {
      connection.abort(new Error('not wanted'));
      return;
    }
    const known = this.byPeerId.get(remotePeer.toString());
    const peer = known ?? this.addPeer(strangerAddress(remotePeer), remotePeer, false);
    peer.link.openNow();
  }

  /** The last connection to a peer is gone. A stranger is forgotten with it. */
  private onPeerGone(peerId: PeerId): void {
    const peer = this.byPeerId.get(peerId.toString());
    if (peer === undefined || peer.known) return;
    peer.link.close();
    this.counts.dropped += peer.link.outbox.dropped;
    this.byAddress.delete(peer.address);
    this.byPeerId.delete(peerId.toString());
  }

  private call(peer: Peer): void {
    const weWait = this.options.listen !== null && this.ownPeerId() < peer.peerId.toString();
    if (weWait && !peer.link.connected) peer.link.open(courtesyMs);
    else peer.link.openNow();
  }

  private ownPeerId(): string {
    return this.host?.peerId.toString() ?? '';
  }

  private refuses(peerId: PeerId): boolean {
    const peer = this.byPeerId.get(peerId.toString());
    return this.refuse(peer?.address ?? strangerAddress(peerId));
  }

  private addPeer(address: Address, peerId: PeerId, known: boolean): Peer {
    const id = peerId.toString();
    assert(!this.byAddress.has(address) && !this.byPeerId.has(id), `${address} is there twice`);
    const link = new PeerLink(this.linkHost(() => peer));
    const peer: Peer = { address, peerId, known, link, multiaddr: null };
    this.byAddress.set(address, peer);
    this.byPeerId.set(id, peer);
    return peer;
  }

  private linkHost(peerOf: () => Peer): LinkHost {
    return {
      connect: () => this.connect(peerOf()),
      openStream: async (connection) => {
        const stream = await connection.newStream(meshProtocol);
        sendFrameAtOnce(stream);
        return stream;
      },
      maxQueuedFrames: this.options.maxQueuedFrames ?? limits.maxQueuedFrames,
      maxQueuedBytes: this.options.maxQueuedBytes ?? limits.maxQueuedBytes,
      wrote: (sizeBytes) => {
        this.counts.bytesSent += sizeBytes;
      },
    };
  }

  private async connect(peer: Peer): Promise<Connection> {
    const host = this.host;
    if (host === null || this.stopped) throw new Error('the network is not running');
    if (this.refuse(peer.address)) throw new Error('refused by us');
    const open = host.getConnections(peer.peerId).find(({ status }) => status === 'open');
    if (open !== undefined) return open;
    if (peer.multiaddr === null) throw new Error('address not known');
    return host.dial(peer.multiaddr.encapsulate(`/p2p/${peer.peerId}`));
  }

  private gater(): ConnectionGater {
    const strangers = () => this.byPeerId.size - this.options.peers.length;
    return {
      denyDialMultiaddr: () => false, // loopback is where a cluster on one host lives
      denyDialPeer: (peerId) => this.refuses(peerId),
      denyInboundEncryptedConnection: (peerId) => {
        if (this.refuses(peerId)) return true;
        return !this.byPeerId.has(peerId.toString()) && strangers() >= limits.maxStrangers;
      },
    };
  }
}
