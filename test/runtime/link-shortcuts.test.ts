import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import type { Stream } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { createLibp2p } from 'libp2p';
import { describe, expect, it, vi } from 'vitest';
import {
  handOnAtOnce,
  sealInOnePiece,
  sendAtOnce,
  sendFrameAtOnce,
} from '../../src/runtime/link-shortcuts.ts';
import { link, ownHost, stopAfterwards, streamBetween } from './libp2p-link.ts';

const pause = () => new Promise((resolve) => setTimeout(resolve, 2));

/** All that `inbound` is told, as one. */
function received(inbound: Stream): { readonly bytes: () => Buffer; readonly size: () => number } {
  const chunks: Uint8Array[] = [];
  let size = 0;
  inbound.addEventListener('message', ({ data }) => {
    chunks.push(data.subarray());
    size += data.byteLength;
  });
  return { bytes: () => Buffer.concat(chunks), size: () => size };
}

async function shortLink() {
  const ends = await link();
  handOnAtOnce(ends.inbound);
  sendFrameAtOnce(ends.out);
  return ends;
}

/** Pieces from one byte to more than a message of Noise and a window of Yamux hold. */
const sizes = [1, 2, 100, 65_507, 65_508, 65_519, 65_520, 65_535, 65_536, 100_000, 300_000, 3, 1];
const pieces = sizes.map((size, i) => new Uint8Array(size).map((_, at) => (at * 7 + i) & 255));

async function sendPieces(out: Stream): Promise<void> {
  for (const piece of pieces) {
    if (out.send(piece)) continue;
    await new Promise((resolve) => out.addEventListener('drain', resolve, { once: true }));
  }
}

describe('a link with shortcuts', () => {
  it('knows the streams of the libp2p that is installed', async () => {
    const { connection, inbound, out } = await link();
    expect(handOnAtOnce(connection)).toBe(true);
    expect(sendAtOnce(connection)).toBe(true);
    expect(handOnAtOnce(inbound)).toBe(true);
    expect(sendFrameAtOnce(out)).toBe(true);
    for (const shorten of [handOnAtOnce, sendAtOnce, sendFrameAtOnce, sealInOnePiece])
      expect(shorten({})).toBe(false);
    expect(sendFrameAtOnce(connection)).toBe(false);
  });

  it('tells no event for a message, neither where it is sent nor where it arrives', async () => {
    const { inbound, out } = await shortLink();
    const got = received(inbound);
    out.send(new Uint8Array(10)); // may still carry what opens the stream
    while (got.size() < 10) await pause();
    const told = vi.spyOn(EventTarget.prototype, 'dispatchEvent');
    try {
      out.send(new Uint8Array(10));
      while (got.size() < 20) await pause();
      expect(told.mock.calls.map(([event]) => event.type)).toEqual([]);
    } finally {
      told.mockRestore();
    }
  });

  it('brings what is larger than a message of Noise and a window of Yamux', async () => {
    const { inbound, out } = await shortLink();
    const got = received(inbound);
    await sendPieces(out);
    const sent = Buffer.concat(pieces);
    while (got.size() < sent.length) await pause();
    expect(got.bytes().equals(sent)).toBe(true);
  });

  it.each(['calls', 'is called by'])(
    'understands a libp2p that it %s and that takes none',
    async (who) => {
      const plain = stopAfterwards(
        await createLibp2p({
          start: false,
          addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
          transports: [tcp()],
          connectionEncrypters: [noise()],
          streamMuxers: [yamux()],
          connectionGater: { denyDialMultiaddr: () => false },
        }),
      );
      const own = await ownHost(63);
      const ends = who === 'calls' ? [own, plain] : [plain, own];
      const [caller, listener] = ends as [typeof own, typeof own];
      const { inbound, out } = await streamBetween(caller, listener);
      if (listener === own) handOnAtOnce(inbound);
      else sendFrameAtOnce(out);
      const got = received(inbound);
      await sendPieces(out);
      const sent = Buffer.concat(pieces);
      while (got.size() < sent.length) await pause();
      expect(got.bytes().equals(sent)).toBe(true);
    },
  );

  it('keeps what comes while reading is paused, in its order', async () => {
    const { inbound, out } = await shortLink();
    const got = received(inbound);
    inbound.pause();
    out.send(Uint8Array.of(1));
    for (let i = 0; i < 20; i++) await pause();
    expect(got.size()).toBe(0);
    inbound.resume();
    out.send(Uint8Array.of(2));
    while (got.size() < 2) await pause();
    expect([...got.bytes()]).toEqual([1, 2]);
  });

  it('tells all who listen, and nobody who left', async () => {
    const { inbound, out } = await shortLink();
    const [first, second] = [received(inbound), received(inbound)];
    const left: number[] = [];
    const leaver = () => left.push(1);
    inbound.addEventListener('message', leaver);
    inbound.removeEventListener('message', leaver);
    out.send(Uint8Array.of(1));
    while (first.size() < 1 || second.size() < 1) await pause();
    expect(left).toEqual([]);
  });

  it('sends in order what another writing woke', () => {
    const sent: number[] = [];
    const waiting: number[] = [];
    const stream = {
      writeStatus: 'writable',
      writeBuffer: {
        get byteLength() {
          return waiting.length;
        },
      },
      writableNeedsDrain: false,
      sendingData: false,
      abort: () => undefined,
      send: ([byte]: Uint8Array) => waiting.push(byte as number) > 0,
      processSendQueue: () => sent.push(...waiting.splice(0)) > 0,
      sendData: ([byte]: Uint8Array) => {
        sent.push(byte as number);
        if (byte === 1) stream.send(Uint8Array.of(2));
        return { canSendMore: byte !== 3 };
      },
    };
    expect(sendAtOnce(stream)).toBe(true);
    stream.send(Uint8Array.of(1));
    expect(sent).toEqual([1, 2]);
    expect(stream.send(Uint8Array.of(3))).toBe(false);
    expect(stream.writableNeedsDrain).toBe(true);
    stream.send(Uint8Array.of(4)); // waits until there is room
    expect([sent, waiting]).toEqual([[1, 2, 3], [4]]);
  });

  it('ends with the error that writing met', () => {
    const aborted: unknown[] = [];
    const broken = new Error('broken');
    const stream = {
      writeStatus: 'writable',
      writeBuffer: { byteLength: 0 },
      writableNeedsDrain: false,
      sendingData: false,
      abort: (error: unknown) => aborted.push(error),
      send: (_data: Uint8Array) => true,
      processSendQueue: () => true,
      sendData: () => {
        throw broken;
      },
    };
    sendAtOnce(stream);
    expect(() => stream.send(Uint8Array.of(1))).toThrow(broken);
    expect([aborted, stream.sendingData]).toEqual([[broken], false]);
  });
});
