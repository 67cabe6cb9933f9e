import type { Libp2p, MultiaddrConnection, Stream } from '@libp2p/interface';
import { afterEach } from 'vitest';
import { createHost, meshProtocol } from '../../src/runtime/libp2p-host.ts';
import { privateKeyFromSeed } from '../../src/runtime/peer-identity.ts';

const running: Libp2p[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((host) => host.stop()));
});

/** One of ours. Stopped after the test, as is what {@link stopAfterwards} is given. */
export async function ownHost(seed: number, onConnection?: (made: MultiaddrConnection) => void) {
  return stopAfterwards(
    await createHost({
      privateKey: privateKeyFromSeed(new Uint8Array(32).fill(seed)),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      gater: {
        denyDialMultiaddr: () => false,
        denyOutboundEncryptedConnection: (_peer, connection) => {
          onConnection?.(connection);
          return false;
        },
      },
    }),
  );
}

export function stopAfterwards(host: Libp2p): Libp2p {
  running.push(host);
  return host;
}

/** A stream from `caller` to `listener`, as both have it. */
export async function streamBetween(caller: Libp2p, listener: Libp2p) {
  const streams: Stream[] = [];
  await listener.handle(meshProtocol, (stream) => void streams.push(stream));
  await Promise.all([caller.start(), listener.start()]);
  const out = await caller.dialProtocol(listener.getMultiaddrs(), meshProtocol);
  while (streams.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  return { inbound: streams[0] as Stream, out };
}

/** Two hosts of ours, the TCP connection between them as the caller has it, and a stream. */
export async function link() {
  const connections: MultiaddrConnection[] = [];
  const caller = await ownHost(61, (connection) => connections.push(connection));
  const ends = await streamBetween(caller, await ownHost(62));
  return { connection: connections[0] as MultiaddrConnection, ...ends };
}
