import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteOf, fromHex, putHex, toHex } from '../../src/base/bytes.ts';

test('bytes come back from their hex, however many', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), fc.nat(5), (bytes, at) => {
      const hex = toHex(bytes);
      expect(hex).toBe([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
      expect(fromHex(hex)).toEqual(bytes);
      const out = new Uint8Array(bytes.length + at + 3).fill(7);
      putHex(hex, bytes.length, out, at);
      expect(out).toEqual(Uint8Array.from([...Array(at).fill(7), ...bytes, 7, 7, 7]));
    }),
  );
});

test('of longer hex the first bytes are put, and no more', () => {
  const out = new Uint8Array(4);
  putHex('0a0b0c0d', 2, out, 1);
  expect([...out]).toEqual([0, 10, 11, 0]);
});

test('what is no hex puts the same bytes every time, whatever was put before', () => {
  for (const hex of ['0a', '0azz0c0d', '', 'zz'.repeat(32)]) {
    const [first, second] = [new Uint8Array(32), new Uint8Array(32)];
    putHex('11'.repeat(32), 32, new Uint8Array(32), 0);
    putHex(hex, 32, first, 0);
    putHex('ff'.repeat(32), 32, new Uint8Array(32), 0);
    putHex(hex, 32, second, 0);
    expect(second).toEqual(first);
    expect(first).toEqual(Uint8Array.from({ length: 32 }, (_, i) => byteOf(hex, i)));
  }
});
