import { yamux } from '@chainsafe/libp2p-yamux';
import { expect, it } from 'vitest';
import {
  type FrameHeader,
  readFramesInPlace,
  writeFramesInOnePiece,
} from '../../src/runtime/yamux-shortcuts.ts';

type Read = { subarray(): Uint8Array };

function muxerOf(streamId: number) {
  const told: number[][] = [];
  const left: number[][] = [];
  const muxer = {
    decoder: { buffer: { byteLength: 0 } },
    streams: [
      { streamId: streamId + 1, handleData: () => expect.unreachable() },
      {
        streamId,
        handleData: ({ header, data }: { header: FrameHeader; data: Uint8Array }) =>
          told.push([header.type, header.flag, header.streamID, header.length, ...data]),
      },
    ],
    onData: (data: Read) => void left.push([...data.subarray()]),
  };
  expect(readFramesInPlace(muxer)).toBe(true);
  return { muxer, told, left, read: (...bytes: number[]) => muxer.onData(Uint8Array.from(bytes)) };
}

const dataFrame = (...data: number[]) => [0, 0, 0, 0, 0, 0, 1, 9, 0, 0, 0, data.length, ...data];
const update = [0, 1, 0, 1, 0, 0, 1, 9, 0, 0, 1, 0];
const streamId = 0x109;

it('knows no muxer by an object that looks like none', () => {
  expect(readFramesInPlace({})).toBe(false);
  expect(writeFramesInOnePiece({})).toBe(false);
});

it('hands whole frames of data to their stream', () => {
  const { told, left, read } = muxerOf(streamId);
  read(...dataFrame(5, 6), ...dataFrame(7), ...dataFrame());
  expect(told).toEqual([
    [0, 0, streamId, 2, 5, 6],
    [0, 0, streamId, 1, 7],
    [0, 0, streamId, 0],
  ]);
  expect(left).toEqual([]);
});

it.each([
  ['an update of a window and what comes behind it', [...update, ...dataFrame(6)]],
  ['a frame that is not all there', dataFrame(5, 6).slice(0, 13)],
  ['a header that is not all there', dataFrame(5, 6).slice(0, 11)],
  ['a frame of another version', dataFrame(5).with(0, 1)],
  ['a frame with a flag', dataFrame(5).with(3, 4)],
  ['a frame for a stream it does not know', dataFrame(5).with(7, 8)],
])('leaves to Yamux %s', (_, rest) => {
  const { told, left, read } = muxerOf(streamId);
  read(...dataFrame(5), ...rest);
  expect(told).toEqual([[0, 0, streamId, 1, 5]]);
  expect(left).toEqual([rest]);
});

it('leaves to Yamux what follows on a part it keeps', () => {
  const { muxer, told, left, read } = muxerOf(streamId);
  muxer.decoder.buffer.byteLength = 13;
  read(...dataFrame(5));
  expect([told, left]).toEqual([[], [dataFrame(5)]]);
});

it('writes a frame of data in one piece as Yamux does, and no other', () => {
  const pieces: Uint8Array[] = [];
  const plain: number[][] = [];
  const connection = {
    direction: 'outbound',
    log: Object.assign(() => undefined, {
      trace: () => undefined,
      error: () => undefined,
      newScope: () => connection.log,
    }),
    addEventListener: () => undefined,
    send: (data: Read) => pieces.push(data.subarray()) > 1,
  };
  const made = yamux({ enableKeepAlive: false })().createStreamMuxer(
    connection as never,
  ) as unknown as { sendFrame(header: FrameHeader, data?: Uint8Array): boolean };
  const send = made.sendFrame.bind(made);
  const header = { type: 0, flag: 0x102, streamID: 0x01020304, length: 3 };
  const bytes = Uint8Array.of(7, 8, 9);
  send(header, bytes);
  plain.push([...(pieces.pop() as Uint8Array)]);
  send({ type: 1, flag: 2, streamID: 5, length: 70_000 });
  plain.push([...(pieces.pop() as Uint8Array)]);
  expect(writeFramesInOnePiece(made)).toBe(true);
  expect(made.sendFrame(header, bytes)).toBe(false);
  expect(made.sendFrame({ type: 1, flag: 2, streamID: 5, length: 70_000 })).toBe(true);
  expect(pieces.map((piece) => [...piece])).toEqual(plain);
  expect(pieces[0]).toBeInstanceOf(Uint8Array);
});
