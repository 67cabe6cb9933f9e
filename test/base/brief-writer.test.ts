import { expect, test } from 'vitest';
import { Writer } from '../../src/base/codec.ts';

const large = 64 * 1024;

function brief(roomBytes: number, sizeBytes: number): Uint8Array {
  return new Writer(roomBytes).fixed(new Uint8Array(sizeBytes).fill(7)).finishBrief();
}

test('large bytes keep the memory they were written into, when it is hardly larger', () => {
  const written = brief(large, large - 100);
  expect(written).toEqual(new Uint8Array(large - 100).fill(7));
  expect(written.buffer.byteLength).toBe(large);
});

test('few bytes in much memory are copied, for they would keep all of it', () => {
  for (const sizeBytes of [100, 4000, large / 2]) {
    const written = brief(large, sizeBytes);
    expect(written).toEqual(new Uint8Array(sizeBytes).fill(7));
    expect(written.buffer.byteLength).toBeLessThan(large);
  }
});

test('what was written is not written over by the writers that follow', () => {
  const written = [large, 16 * 1024, 1024].map((sizeBytes) => brief(sizeBytes, sizeBytes - 8));
  for (const { length } of written) new Writer(length + 8).fixed(new Uint8Array(length)).finish();
  for (const bytes of written) expect(bytes.every((byte) => byte === 7)).toBe(true);
});
