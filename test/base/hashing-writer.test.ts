import { expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { decode, Writer } from '../../src/base/codec.ts';
import { digest, digestToBytes, sha256 } from '../../src/base/digest.ts';

test('what a writer hashes in a domain is the digest of its bytes in that domain', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  expect(Writer.hashing('test').fixed(bytes).toHash()).toEqual(digestToBytes('test', bytes));
  expect(Writer.hashing('test').fixed(bytes).toDigest()).toBe(digest('test', bytes));
  expect(new Writer().fixed(bytes).toHash()).toEqual(sha256(bytes));
  const writer = new Writer().fixed(bytes);
  expect(writer.toDigest()).toBe(toHex(sha256(bytes)));
  expect(() => writer.toHash()).toThrow('finished twice');
});

test.each([
  ['nothing', ''],
  ['ASCII to its last character', 'a\u007f.mesh'],
  ['more than ASCII from the first character on', 'ä1'],
  ['more than ASCII at the end', `${'x'.repeat(255)}€`],
  ['a surrogate pair', 'a😀b'],
  ['more characters than are looked at one by one', `${'y'.repeat(300)}ß`],
  ['a byte order mark', '\ufeffa'],
])('text is UTF-8 and comes back as it was: %s', (_, text) => {
  const bytes = Buffer.from(text, 'utf8');
  const written = new Writer().u8(9).text(text).u8(7).finish();
  expect(written).toEqual(new Writer().u8(9).bytes(bytes).u8(7).finish());
  const read = decode(written, (r) => [r.u8('a'), r.text(1000, 'text'), r.u8('b')]);
  expect(read).toEqual({ ok: true, value: [9, text, 7] });
});

test('text with half a surrogate pair is written as the replacement character', () => {
  const bytes = new Writer().text('a\ud800').finish();
  expect(bytes).toEqual(new Writer().bytes(Buffer.from('a\ufffd', 'utf8')).finish());
});

test.each([
  ['no UTF-8', [0, 0, 0, 2, 0x61, 0xff], 'text: not UTF-8'],
  ['too long', [0, 0, 0, 9, 0x61], 'text: 9 bytes, at most 8'],
  ['cut short', [0, 0, 0, 3, 0x61], 'text: 3 bytes wanted, 1 left'],
])('text is refused: %s', (_, bytes, reason) => {
  expect(decode(Uint8Array.from(bytes), (r) => r.text(8, 'text'))).toEqual({ ok: false, reason });
});
