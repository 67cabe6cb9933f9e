import type { Libp2p, MultiaddrConnection, Stream } from '@libp2p/interface';
import { afterEach, expect, it } from 'vitest';
import { createHost, meshProtocol } from '../../src/runtime/libp2p-host.ts';
import { endQuietly, joinWrites, updateWindowLate } from '../../src/runtime/link-tuning.ts';
import { privateKeyFromSeed } from '../../src/runtime/peer-identity.ts';

const running: Libp2p[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((host) => host.stop()));
});

/** Two hosts, the TCP connection between them as the caller has it, and a stream over it. */
async function link() {
  const connections: MultiaddrConnection[] = [];
  const streams: Stream[] = [];
  const [caller, listener] = await Promise.all(
    [61, 62].map((seed) =>
      createHost({
        privateKey: privateKeyFromSeed(new Uint8Array(32).fill(seed)),
        listen: ['/ip4/127.0.0.1/tcp/0'],
        gater: {
          denyOutboundEncryptedConnection: (_peer, connection) => {
            connections.push(connection);
            return false;
          },
        },
      }),
    ),
  );
  if (caller === undefined || listener === undefined) throw new Error('no hosts');
  running.push(caller, listener);
  await listener.handle(meshProtocol, (stream) => void streams.push(stream));
  await Promise.all([caller.start(), listener.start()]);
  const out = await caller.dialProtocol(listener.getMultiaddrs(), meshProtocol);
  while (streams.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  return { connection: connections[0], inbound: streams[0], out };
}

it('knows the connections and streams of the libp2p that is installed', async () => {
  const { connection, inbound } = await link();
  expect(joinWrites(connection ?? {})).toBe(true);
  expect(updateWindowLate(inbound ?? {})).toBe(true);
  expect(joinWrites({})).toBe(false);
  expect(updateWindowLate({})).toBe(false);
});

it('writes the pieces of a message together', () => {
  const written: number[][] = [];
  const write = (bytes: Uint8Array) => written.push([...bytes]) > 1;
  const connection = { socket: { write }, sendData: () => ({ sentBytes: 0, canSendMore: true }) };
  expect(joinWrites(connection)).toBe(true);
  const send = connection.sendData as (data: Iterable<Uint8Array>) => unknown;
  expect(send([Uint8Array.of(1, 2), Uint8Array.of(3)])).toEqual({
    sentBytes: 3,
    canSendMore: false,
  });
  expect(send([Uint8Array.of(4)])).toEqual({ sentBytes: 1, canSendMore: true });
  expect(written).toEqual([[1, 2, 3], [4]]);
});

it('lets more through than a window holds, with few updates', async () => {
  const { inbound, out } = await link();
  const stream = inbound as Stream & { sendFrame: (header: { type: number }) => boolean };
  let updates = 0;
  const send = stream.sendFrame;
  stream.sendFrame = (header, ...rest) => {
    updates++;
    return Reflect.apply(send, stream, [header, ...rest]) as boolean;
  };
  updateWindowLate(stream);
  let received = 0;
  stream.addEventListener('message', ({ data }) => {
    received += data.byteLength;
  });
  const messages = 1000;
  for (let i = 0; i < messages; i++) {
    if (!out.send(new Uint8Array(2048))) {
      await new Promise((resolve) => out.addEventListener('drain', resolve, { once: true }));
    }
  }
  while (received < messages * 2048) await new Promise((resolve) => setTimeout(resolve, 5));
  // 2 MiB through a window of 256 KiB that may grow, half a window at a time.
  expect(updates).toBeGreaterThan(0);
  expect(updates).toBeLessThan(40);
});

it('ends the reading of lengths with the same error every time', () => {
  const decoder = { lengthDecoder: ({ byteLength }: { byteLength: number }) => byteLength * 10 };
  expect(endQuietly({ decoder })).toBe(true);
  expect(decoder.lengthDecoder({ byteLength: 2 })).toBe(20);
  const thrown = [0, 1].map((byteLength) => {
    try {
      return decoder.lengthDecoder({ byteLength });
    } catch (error) {
      return error;
    }
  });
  expect(thrown[0]).toBeInstanceOf(RangeError);
  expect(thrown[1]).toBe(thrown[0]);
  expect(endQuietly({})).toBe(false);
});

it('spares the Noise that is installed an error for each message', async () => {
  const { inbound, out } = await link();
  let received = 0;
  inbound?.addEventListener('message', () => received++);
  const before = RangeError;
  let made = 0;
  const counting = (message?: string) => {
    made++;
    return new before(message);
  };
  globalThis.RangeError = Object.assign(counting, { prototype: before.prototype }) as never;
  try {
    for (const sent of [1, 2, 3, 4]) {
      out.send(new Uint8Array(10));
      while (received < sent) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    globalThis.RangeError = before;
  }
  expect(made).toBe(0);
});
