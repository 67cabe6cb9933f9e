import { expect, it } from 'vitest';
import { Writer } from '../../src/base/codec.ts';
import { sha256 } from '../../src/base/digest.ts';
import { nodeHash } from '../../src/base/merkle.ts';

it('shows what was written to who only looks, and no more than that', () => {
  const seen = new Writer()
    .u16(0x0102)
    .u8(3)
    .finishWith((bytes) => [...bytes]);
  expect(seen).toEqual([1, 2, 3]);
  const writer = new Writer().u8(1);
  writer.finishWith(() => null);
  expect(() => writer.u8(2)).toThrow('written to after finish');
  expect(() => writer.finishWith(() => null)).toThrow('finished twice');
});

it('hashes nodes of any length as it does those of hashes', () => {
  const [left, right] = [new Uint8Array(32).fill(5), new Uint8Array(32).fill(6)];
  const whole = Uint8Array.from([1, ...left, ...right]);
  expect(nodeHash(left, right)).toEqual(sha256(whole));
  expect(nodeHash(left.subarray(1), right)).toEqual(
    sha256(Uint8Array.of(1, ...left.subarray(1), ...right)),
  );
});
