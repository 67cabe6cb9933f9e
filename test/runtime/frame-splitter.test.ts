import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameBreach, FrameSplitter } from '../../src/runtime/frame-splitter.ts';
import { joinFrames } from '../../src/runtime/frames.ts';

/** What comes out when `bytes` arrive in pieces of the given sizes. */
function split(bytes: Uint8Array, sizes: readonly number[], maxFrameBytes: number): Uint8Array[] {
  const splitter = new FrameSplitter(maxFrameBytes);
  const frames: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    splitter.push(bytes.subarray(at, at + size), (frame) => frames.push(frame));
    at += size;
  }
  return frames;
}

const plain = (frames: readonly Uint8Array[]) => frames.map((frame) => [...frame]);

it('gives back the frames that were joined, however the bytes arrive', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 });
  const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 });
  const check = (sent: Uint8Array[], cuts: number[]) => {
    expect(plain(split(joinFrames(sent), cuts, 400))).toEqual(plain(sent));
  };
  fc.assert(fc.property(frames, sizes, check));
});

it('writes lengths as unsigned varints', () => {
  expect([...joinFrames([new Uint8Array(0)])]).toEqual([0]);
  expect([...joinFrames([new Uint8Array(300)]).subarray(0, 2)]).toEqual([0xac, 0x02]);
});

it('hands over copies: a frame must not keep the chunk it came in', () => {
  const chunk = joinFrames([Uint8Array.of(1, 2)]);
  const [frame] = split(chunk, [chunk.length], 10);
  chunk.fill(9);
  expect([...(frame ?? [])]).toEqual([1, 2]);
});

it('keeps short frames side by side, and none in the memory of another', () => {
  const frames = Array.from({ length: 40 }, (_, i) => new Uint8Array(60 + 75 * i).fill(i + 1));
  const kept = split(joinFrames(frames), [1 << 20], 4096);
  expect(plain(kept)).toEqual(plain(frames));
  const buffers = new Set(kept.map(({ buffer }) => buffer));
  expect(buffers.size).toBeLessThan(kept.length - 10);
  for (const frame of kept) {
    expect(frame.buffer.byteLength).toBeLessThanOrEqual(Math.max(8192, frame.length));
    frame.fill(0);
  }
  expect(kept.flatMap((frame) => [...frame]).every((byte) => byte === 0)).toBe(true);
});

it('hands over frames that writing into another leaves as they are', () => {
  const [first, second] = split(
    joinFrames([new Uint8Array(100).fill(1), new Uint8Array(100)]),
    [300],
    200,
  );
  second?.fill(9);
  expect([...(first ?? [])]).toEqual(new Array(100).fill(1));
});

it.each([
  ['a frame longer than the limit', [0xff, 0x7f], 1000],
  ['a length that never ends', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80], 1000],
  ['a length whose first bytes say too much already', [0xff, 0xff], 100],
])('refuses %s', (_, bytes, limit) => {
  expect(() => split(Uint8Array.from(bytes), [1], limit)).toThrow(FrameBreach);
});

it('takes a frame that is as long as the limit', () => {
  expect(split(joinFrames([new Uint8Array(200)]), [64], 200)).toHaveLength(1);
});
