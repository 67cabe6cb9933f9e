import { expect, test } from 'vitest';
import { decode, Writer } from '../../src/base/codec.ts';

const items = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
const row = Buffer.concat(items);

test('a row is written and read as the list of its items is', () => {
  const listed = new Writer().list(items, (w, item) => w.fixed(item)).finish();
  expect(new Writer().row(row, 32).finish()).toEqual(listed);
  const read = decode(listed, (reader) => reader.row(3, 32, 'hashes'));
  expect(read.ok && Buffer.compare(read.value, row)).toBe(0);
});

test.each([
  ['more than allowed', 3, 2],
  ['none there', 0, 3],
  ['cut within the second', 40, 3],
  ['cut before the third', 64, 3],
])('a row that is too short or too long is refused in the words of a list: %s', (_, kept, max) => {
  const bytes = new Writer().u32(3).fixed(row.subarray(0, kept)).finish();
  const asRow = decode(bytes, (reader) => reader.row(max, 32, 'hashes'));
  const asList = decode(bytes, (reader) =>
    reader.list(max, 'hashes', (r) => r.fixed(32, 'hashes')),
  );
  expect(asRow.ok).toBe(false);
  expect(asRow).toEqual(asList);
});
