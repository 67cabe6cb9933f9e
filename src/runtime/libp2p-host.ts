import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import type {
  ConnectionEncrypter,
  ConnectionGater,
  Libp2p,
  MultiaddrConnection,
  PrivateKey,
  StreamMuxerFactory,
} from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { createLibp2p } from 'libp2p';
import { dialTimeoutMs, maxConnectionsPerPeer, maxStrangers } from './limits.ts';
import { handOnAtOnce, sealInOnePiece, sendAtOnce } from './link-shortcuts.ts';
import { joinWrites } from './link-tuning.ts';
import { noiseCrypto } from './noise-crypto.ts';
import { readAtOnce } from './socket-shortcuts.ts';
import { readFramesInPlace, writeFramesInOnePiece } from './yamux-shortcuts.ts';

/** What one message stream of ours is negotiated as; the version moves with the frame format. */
export const meshProtocol = '/hypermesh/frames/1';

export interface HostOptions {
  readonly privateKey: PrivateKey;
  /** Multiaddrs to listen on, `/ip4/127.0.0.1/tcp/0`; none for a client. */
  readonly listen: readonly string[];
  readonly gater: ConnectionGater;
}

/** The gater is who sees a connection first, before anything is written to it. */
const joiningWrites: ConnectionGater = {
  denyInboundConnection: tune,
  denyOutboundConnection: (_peer, connection) => tune(connection),
};

function tune(connection: MultiaddrConnection): boolean {
  if (joinWrites(connection)) sendAtOnce(connection);
  if (handOnAtOnce(connection)) readAtOnce(connection);
  return false;
}

const makeNoise = noise({ ...(noiseCrypto && { crypto: noiseCrypto }) });

function directNoise(components: Parameters<typeof makeNoise>[0]): ConnectionEncrypter {
  const made = makeNoise(components);
  const { secureInbound, secureOutbound } = made;
  made.secureInbound = async (...args) => direct(await secureInbound.apply(made, args));
  made.secureOutbound = async (...args) => direct(await secureOutbound.apply(made, args));
  return made;
}

function direct<T extends { readonly connection: object }>(secured: T): T {
  const { connection } = secured;
  if (sealInOnePiece(connection)) sendAtOnce(connection);
  handOnAtOnce(connection);
  return secured;
}

const makeYamux = yamux({ enableKeepAlive: true, keepAliveInterval: 30_000 });

function directYamux(...args: Parameters<typeof makeYamux>): StreamMuxerFactory {
  const made = makeYamux(...args);
  const { createStreamMuxer } = made;
  made.createStreamMuxer = (connection) => {
    const muxer = createStreamMuxer.call(made, connection);
    readFramesInPlace(muxer);
    writeFramesInOnePiece(muxer);
    return muxer;
  };
  return made;
}

/**
 * A libp2p node over TCP, Noise and Yamux, not yet started. libp2p's defaults are made for a
 * public network of strangers; here a known cluster often shares one host, so its limits are set
 * one by one.
 */
export function createHost(options: HostOptions): Promise<Libp2p> {
  const maxConnections = maxStrangers * maxConnectionsPerPeer;
  return createLibp2p({
    start: false,
    privateKey: options.privateKey,
    addresses: { listen: [...options.listen] },
    transports: [
      tcp({
        // A peer that vanished without closing: Yamux pings every 30 s, so silence means death.
        inboundSocketInactivityTimeout: 120_000,
        outboundSocketInactivityTimeout: 120_000,
        dialOpts: { noDelay: true },
        listenOpts: { noDelay: true },
        backlog: 1024,
      }),
    ],
    connectionEncrypters: [directNoise],
    streamMuxers: [directYamux],
    connectionGater: { ...options.gater, ...joiningWrites },
    // Its pings abort connections that are merely busy; Yamux's keep-alive finds the dead ones.
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections,
      // By default 5 a second from one address, which a cluster on one host passes at once.
      inboundConnectionThreshold: 10_000,
      maxIncomingPendingConnections: 1024,
      maxParallelDials: 256,
      maxDialQueueLength: maxConnections,
      dialTimeout: dialTimeoutMs,
      addressDialTimeout: dialTimeoutMs,
      inboundUpgradeTimeout: dialTimeoutMs,
      outboundStreamProtocolNegotiationTimeout: dialTimeoutMs,
      inboundStreamProtocolNegotiationTimeout: dialTimeoutMs,
      // Redialling is the network's own business (`redial.ts`).
      reconnectRetries: 0,
    },
  });
}
