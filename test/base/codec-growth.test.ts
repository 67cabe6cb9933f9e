import { expect, it } from 'vitest';
import { decode, type Reader, Writer } from '../../src/base/codec.ts';

type Case = readonly [
  string,
  number,
  (writer: Writer, i: number) => void,
  (reader: Reader) => unknown,
];
const cases: readonly Case[] = [
  ['u8', 1, (w, i) => w.u8(i % 256), (r) => r.u8('u8')],
  ['u16', 2, (w, i) => w.u16(i), (r) => r.u16('u16')],
  ['u32', 4, (w, i) => w.u32(i), (r) => r.u32('u32')],
  ['u53', 8, (w, i) => w.u53(i), (r) => r.u53('u53')],
  ['fixed', 3, (w, i) => w.fixed(new Uint8Array([i % 256, 1, 2])), (r) => r.fixed(3, 'f')[0]],
];

it.each(cases)('a writer grows under %s, wherever its buffer ends', (_, sizeBytes, write, read) => {
  for (let start = 1; start <= 9; start++) {
    const writer = new Writer(start);
    for (let i = 0; i < 40; i++) write(writer, i);
    const bytes = writer.finish();
    expect(bytes.length).toBe(40 * sizeBytes);
    const decoded = decode(bytes, (reader) => Array.from({ length: 40 }, () => read(reader)));
    expect(decoded).toEqual({ ok: true, value: Array.from({ length: 40 }, (_, i) => i) });
  }
});

it('what is written briefly stands beside its neighbours and on nobody', () => {
  const lengths = Array.from({ length: 600 }, (_, i) => (i * 37) % 3000);
  const written = lengths.map((length, i) => {
    const writer = new Writer();
    for (let k = 0; k < length; k++) writer.u8((i + k) % 251);
    return writer.finishBrief();
  });
  for (const [i, bytes] of written.entries()) {
    const expected = Uint8Array.from({ length: lengths[i] ?? 0 }, (_, k) => (i + k) % 251);
    expect(bytes).toEqual(expected);
  }
  const shared = new Set(written.map(({ buffer }) => buffer));
  expect(shared.size).toBeLessThan(written.length);
});
