import { expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { decode, Writer } from '../../src/base/codec.ts';
import { asRead } from '../../src/base/known-digests.ts';

function read(bytes: Uint8Array): unknown {
  return decode(bytes, (reader) => reader.digest('digest'));
}

test('digests that begin alike are told apart to the last byte, whatever comes first', () => {
  const first = new Uint8Array(32).fill(7);
  const second = first.slice();
  second[31] = 8;
  for (const bytes of [first, second, second, first]) {
    expect(read(bytes)).toEqual({ ok: true, value: toHex(bytes) });
  }
});

test('a digest that was read stays what it was when its bytes are written over', () => {
  const bytes = new Uint8Array(32).fill(9);
  read(bytes);
  bytes[0] = 9;
  bytes[5] = 1;
  expect(read(bytes)).toEqual({ ok: true, value: toHex(bytes) });
  expect(read(new Uint8Array(32).fill(9))).toEqual({ ok: true, value: '09'.repeat(32) });
});

test('a digest cut short is an error that names the field', () => {
  expect(read(new Uint8Array(31))).toEqual({
    ok: false,
    reason: 'digest: 32 bytes wanted, 31 left',
  });
});

test('a digest that was computed reads as itself, whatever stood in its place', () => {
  const [one, other] = ['0b'.repeat(32), `0b${'0c'.repeat(31)}`];
  for (const hex of [one, other, one]) expect(asRead(hex)).toBe(hex);
  expect(read(Uint8Array.from(Buffer.from(other, 'hex')))).toEqual({ ok: true, value: other });
});

test('digests that begin alike are written as they are, whatever was written before', () => {
  const one = 'ab'.repeat(32);
  const other = `${'ab'.repeat(31)}ac`;
  for (const hex of [one, other, other, one]) {
    expect(toHex(new Writer().digest(hex).finish())).toBe(hex);
    expect(read(Uint8Array.from(Buffer.from(hex, 'hex')))).toEqual({ ok: true, value: hex });
  }
});
