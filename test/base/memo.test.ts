import { describe, expect, test } from 'vitest';
import { memo, onceForEach } from '../../src/base/memo.ts';

describe('what is kept with an object', () => {
  test('belongs to that object and that memo alone', () => {
    const lengths = memo<number>();
    const names = memo<string>();
    const bytes = new Uint8Array([1, 2]);
    lengths.set(bytes, 2);
    expect(lengths.get(bytes)).toBe(2);
    expect(names.get(bytes)).toBeUndefined();
    expect(lengths.get(new Uint8Array([1, 2]))).toBeUndefined();
    names.set(bytes, 'two');
    lengths.set(bytes, 3);
    expect([lengths.get(bytes), names.get(bytes)]).toEqual([3, 'two']);
  });

  test('shows in no key, no comparison and no copy', () => {
    const kept = memo<string>();
    const bytes = new Uint8Array([1, 2]);
    kept.set(bytes, 'secret');
    expect(bytes).toStrictEqual(new Uint8Array([1, 2]));
    expect(Reflect.ownKeys(bytes)).toEqual(['0', '1']);
    expect(kept.get(structuredClone(bytes))).toBeUndefined();
  });
});

test('a function that is asked once for each object answers from memory, null as well', () => {
  const asked: Uint8Array[] = [];
  const first = onceForEach((bytes: Uint8Array) => {
    asked.push(bytes);
    return bytes[0] ?? null;
  });
  const [one, alike, empty] = [Uint8Array.of(7), Uint8Array.of(7), new Uint8Array()];
  expect([one, one, alike, empty, empty].map(first)).toEqual([7, 7, 7, null, null]);
  expect(asked).toEqual([one, alike, empty]);
  expect(asked[1]).toBe(alike);
});
