import type { Stream } from '@libp2p/interface';
import { expect, it } from 'vitest';
import { joinWrites, updateWindowLate } from '../../src/runtime/link-tuning.ts';
import { link } from './libp2p-link.ts';

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
  const send = connection.sendData as (data: Uint8Array | Iterable<Uint8Array>) => unknown;
  expect(send([Uint8Array.of(1, 2), Uint8Array.of(3)])).toEqual({
    sentBytes: 3,
    canSendMore: false,
  });
  expect(send([Uint8Array.of(4)])).toEqual({ sentBytes: 1, canSendMore: true });
  expect(send(Uint8Array.of(5, 6))).toEqual({ sentBytes: 2, canSendMore: true });
  expect(written).toEqual([[1, 2, 3], [4], [5, 6]]);
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
