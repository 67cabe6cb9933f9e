import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { readAtOnce } from '../../src/runtime/socket-shortcuts.ts';
import { link } from './libp2p-link.ts';

const open: { destroy(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.destroy();
});

/** A connection that reads a socket as libp2p's does, and the socket at the other end. */
async function socketPair() {
  const server = createServer().listen(0, '127.0.0.1');
  open.push({ destroy: () => server.close() });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const far = connect(port, '127.0.0.1').setNoDelay(true);
  const [socket] = (await once(server, 'connection')) as [Socket];
  open.push(far, socket);
  const got: number[] = [];
  const connection = { socket, onData: (data: Uint8Array) => void got.push(...data) };
  socket.on('data', (data) => connection.onData(data));
  return { far, socket, got, connection };
}

const until = (isSo: () => boolean) => vi.waitFor(() => expect(isSo()).toBe(true), 5000);

it('knows the connections of the libp2p that is installed', async () => {
  const { connection } = await link();
  expect(readAtOnce(connection)).toBe(true);
  expect(readAtOnce({})).toBe(false);
});

it('hands a chunk on without an event', async () => {
  const { far, socket, got, connection } = await socketPair();
  expect(readAtOnce(connection)).toBe(true);
  const told = vi.spyOn(socket, 'emit');
  far.write(Uint8Array.of(1, 2));
  await until(() => got.length === 2);
  far.write(Uint8Array.of(3));
  await until(() => got.length === 3);
  expect(got).toEqual([1, 2, 3]);
  expect(told.mock.calls.map(([event]) => String(event))).not.toContain('data');
});

it('stops the other side while reading is paused, and loses nothing of what came', async () => {
  const { far, socket, got, connection } = await socketPair();
  readAtOnce(connection);
  const chunk = Uint8Array.from({ length: 64 * 1024 }, (_, at) => (at * 7) & 255);
  far.write(chunk);
  await until(() => got.length === chunk.length);
  socket.pause();
  const chunks = 200; // more than what the system keeps for a socket
  for (let i = 0; i < chunks; i++) far.write(chunk);
  await until(() => socket.readableLength >= socket.readableHighWaterMark);
  expect(got.length).toBe(chunk.length);
  expect(far.writableLength).toBeGreaterThan(0);
  let sum = 0;
  connection.onData = (data) => {
    for (const byte of data) if (byte !== ((sum++ * 7) & 255)) sum = Number.NaN;
  };
  socket.resume();
  await until(() => sum === chunks * chunk.length);
  far.write(Uint8Array.of(0));
  await until(() => sum === chunks * chunk.length + 1);
});

it('tells a second listener too', async () => {
  const { far, socket, got, connection } = await socketPair();
  readAtOnce(connection);
  const second: number[] = [];
  socket.on('data', (data: Uint8Array) => second.push(...data));
  far.write(Uint8Array.of(4));
  await until(() => got.length === 1);
  expect(second).toEqual([4]);
});

it('ends behind the last chunk, and closes with the error it met', async () => {
  const { far, socket, got, connection } = await socketPair();
  readAtOnce(connection);
  const ended: number[] = [];
  socket.on('end', () => ended.push(got.length));
  far.end(Uint8Array.of(5, 6));
  await until(() => ended.length === 1);
  expect(ended).toEqual([2]);
  const other = await socketPair();
  readAtOnce(other.connection);
  const failed = once(other.socket, 'error');
  other.far.resetAndDestroy();
  expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
});
