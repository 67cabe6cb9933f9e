import { expect, test } from 'vitest';
import { Scratch } from '../../src/base/bytes.ts';
import { sha256 } from '../../src/base/digest.ts';
import { leafHash } from '../../src/base/merkle.ts';

test('a view of scratch bytes is one for each length and shows what was written last', () => {
  const scratch = new Scratch(1024);
  scratch.bytes.set([1, 2, 3]);
  const three = scratch.first(3);
  expect(three).toEqual(new Uint8Array([1, 2, 3]));
  scratch.bytes.set([4, 5, 6]);
  expect(scratch.first(3)).toBe(three);
  expect(three).toEqual(new Uint8Array([4, 5, 6]));
  expect(scratch.first(2)).toEqual(new Uint8Array([4, 5]));
  expect(scratch.first(1000)).toHaveLength(1000);
});

test('a leaf hashes to the same whatever was hashed before it, short or long', () => {
  for (const length of [0, 1, 40, 2047, 2048, 5000]) {
    const leaf = new Uint8Array(length).fill(7);
    leafHash(new Uint8Array(length + 3).fill(9));
    expect(leafHash(leaf)).toEqual(sha256(new Uint8Array([0, ...leaf])));
  }
});
