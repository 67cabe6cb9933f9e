import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Shelves } from '../../src/runtime/shelves.ts';

const key = fc.tuple(fc.constantFrom('', 'a/', 'a/b/', 'ab/', 'b/'), fc.nat({ max: 12 }));

test('shelves hold what a map holds, and find the keys of any range', () => {
  const change = fc.record({ key: key.map((parts) => parts.join('')), gone: fc.boolean() });
  const ends = fc.tuple(...[0, 1].map(() => key.map(([name, number]) => `${name}${number}`)));
  fc.assert(
    fc.property(fc.array(change), ends, (changes, [from = '', to = '']) => {
      const shelves = new Shelves<number>();
      const map = new Map<string, number>();
      changes.forEach(({ key: each, gone }, i) => {
        if (gone) {
          shelves.delete(each);
          map.delete(each);
        } else {
          expect(shelves.set(each, i)).toBe(map.get(each));
          map.set(each, i);
        }
        expect(shelves.has(each)).toBe(!gone);
        expect(shelves.get(each)).toBe(map.get(each));
        expect(shelves.size).toBe(map.size);
      });
      expect(new Map(shelves)).toEqual(map);
      const between = [...map.keys()].filter((each) => each >= from && each < to);
      expect(new Set(shelves.between(from, to))).toEqual(new Set(between));
    }),
  );
});
