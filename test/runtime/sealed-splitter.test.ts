import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SealedSplitter } from '../../src/runtime/sealed-splitter.ts';

const message = (text: Uint8Array) =>
  Buffer.concat([Uint8Array.of(text.length >>> 8, text.length & 255), text]);

it('finds the messages again, wherever they were cut', () => {
  const texts = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 12 });
  const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 });
  fc.assert(
    fc.property(texts, cuts, (sent, sizes) => {
      const bytes = Buffer.concat(sent.map(message));
      const splitter = new SealedSplitter();
      const found: Uint8Array[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = at + (sizes[i % sizes.length] as number);
        found.push(...splitter.split(bytes.subarray(at, end)));
        at = end;
      }
      expect(found.map((each) => [...each])).toEqual(
        sent.filter(({ length }) => length > 0).map((each) => [...each]),
      );
    }),
  );
});

it('copies nothing that came in one piece', () => {
  const bytes = new Uint8Array(
    Buffer.concat([message(new Uint8Array(9)), message(new Uint8Array(5))]),
  );
  const found = new SealedSplitter().split(bytes);
  expect(
    found.map(({ buffer, byteOffset, length }) => [buffer === bytes.buffer, byteOffset, length]),
  ).toEqual([
    [true, 2, 9],
    [true, 13, 5],
  ]);
});

it('takes a message of the largest length there is', () => {
  const text = new Uint8Array(65_535).fill(7);
  const splitter = new SealedSplitter();
  expect(splitter.split(message(text).subarray(0, 65_536))).toEqual([]);
  const found = splitter.split(Uint8Array.of(7, 0, 1, 8));
  expect(found.map(({ length }) => length)).toEqual([65_535, 1]);
});
