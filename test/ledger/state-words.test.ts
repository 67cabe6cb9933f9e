import { expect, test } from 'vitest';
import { Words } from '../../src/ledger/state-hashes.ts';

test('hashes as words are equal when every word is, and come back as the bytes they were', () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => 255 - 3 * i);
  const words = new Int32Array(bytes.buffer.slice(0));
  const hash = new Words(words, 0);
  expect(hash.bytes).toEqual(bytes);
  expect(hash.equals(new Words(words, 0))).toBe(true);
  for (let i = 0; i < words.length; i++) {
    const other = words.slice();
    other[i] = (other[i] as number) ^ 0x8000_0000;
    expect(hash.equals(new Words(other, 0)), `word ${i}`).toBe(false);
  }
});
