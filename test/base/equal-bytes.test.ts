import { expect, test } from 'vitest';
import { equalBytes } from '../../src/base/bytes.ts';

test('bytes are equal when all of them are, however many, wherever they stand in memory', () => {
  for (const length of [0, 1, 47, 48, 49, 50, 300]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    const elsewhere = new Uint8Array(length + 9);
    elsewhere.set(bytes, 5);
    expect(equalBytes(bytes, elsewhere.subarray(5, 5 + length))).toBe(true);
    expect(equalBytes(bytes, elsewhere.subarray(5, 6 + length))).toBe(false);
    for (const at of length === 0 ? [] : [0, length >> 1, length - 1]) {
      const other = bytes.slice();
      other[at] = (other[at] as number) ^ 0x80;
      expect([equalBytes(bytes, other), equalBytes(other, bytes)]).toEqual([false, false]);
    }
  }
});
