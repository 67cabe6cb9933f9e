import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { leafHash, merkleRoot, merkleTree, verifyMerklePath } from '../../src/base/merkle.ts';
import { answerIsUnder } from '../../src/pbft/certified-answer.ts';
import { limits } from '../../src/pbft/limits.ts';
import type { Answer } from '../../src/pbft/messages.ts';

const results = ['first', 'second', 'third'].map(utf8);
const leaves = results.map(leafHash);
const root = toHex(merkleRoot(leaves));
const { paths } = merkleTree(leaves);

function answer(index: number): Answer {
  const result = results[index] as Uint8Array;
  const path = paths[index] as Uint8Array[];
  return { requestDigest: root, result, index, batchSize: results.length, path };
}

test('an answer found under a root is found there again, in bytes of its own', () => {
  expect(answerIsUnder(root, answer(1))).toBe(true);
  const copy = structuredClone(answer(1));
  expect(answerIsUnder(root, copy)).toBe(true);
});

test('nothing that differs from an answer found before passes for it', () => {
  const good = answer(1);
  const other = toHex(leafHash(utf8('another root')));
  const wrong: [string, Answer][] = [
    [root, { ...good, result: utf8('secons') }],
    [root, { ...good, index: 0 }],
    [root, { ...good, batchSize: 5 }],
    [root, { ...good, path: good.path.slice(1) }],
    [root, { ...good, path: good.path.toReversed() }],
    [root, { ...good, path: [good.path[0] as Uint8Array, new Uint8Array(32)] }],
    [root, { ...good, path: [...good.path, ...good.path] }],
    [other, good],
  ];
  for (const [under, bad] of wrong) {
    expect(answerIsUnder(root, good)).toBe(true);
    expect(answerIsUnder(under, bad)).toBe(false);
  }
});

test('of any batch in any order each answer is found, and nothing else for it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.tuple(fc.nat(39), fc.nat(6), fc.nat(5)), { maxLength: 60 }),
      (size, asked) => {
        const all = Array.from({ length: size }, (_, i) => utf8(`result ${i} of ${size}`));
        const hashes = all.map(leafHash);
        const under = merkleRoot(hashes);
        const ways = merkleTree(hashes).paths;
        for (const [place, kind, at] of asked) {
          const index = place % size;
          const good: Answer = {
            requestDigest: root,
            result: all[index] as Uint8Array,
            index,
            batchSize: size,
            path: ways[index] as Uint8Array[],
          };
          const given = structuredClone(spoilt(good, kind, at));
          const leaf = leafHash(given.result);
          const { batchSize, path } = given;
          expect(answerIsUnder(toHex(under), given)).toBe(
            verifyMerklePath(under, batchSize, given.index, leaf, path),
          );
        }
      },
    ),
  );
});

/** The answer itself (kinds 0 to 2), or wrong in one way at `at`. */
function spoilt(good: Answer, kind: number, at: number): Answer {
  const { path, index } = good;
  const place = path.length === 0 ? 0 : at % path.length;
  switch (kind) {
    case 3:
      return { ...good, result: utf8(`result ${index + 1}`) };
    case 4:
      return { ...good, path: path.filter((_, i) => i !== place) };
    case 5:
      return { ...good, path: path.map((hash, i) => (i === place ? leafHash(hash) : hash)) };
    case 6:
      return { ...good, index: index + 1, path: [...path, ...path.slice(0, at)] };
    default:
      return good;
  }
}

test('no place between two leaves holds an answer, and no tree has half a leaf', () => {
  expect(answerIsUnder(root, { ...answer(1), index: 1.5 })).toBe(false);
  expect(answerIsUnder(root, { ...answer(1), batchSize: 3.5 })).toBe(false);
});

test('what is known of many batches at once is forgotten, not mixed up', () => {
  const batches = Array.from({ length: 9 }, (_, batch) => {
    const all = [0, 1, 2, 3, 4].map((i) => utf8(`${batch}/${i}`));
    const hashes = all.map(leafHash);
    return { all, root: toHex(merkleRoot(hashes)), paths: merkleTree(hashes).paths };
  });
  for (let i = 0; i < 5; i++) {
    for (const [batch, { all, root: under, paths: ways }] of batches.entries()) {
      const path = ways[i] as Uint8Array[];
      const given = {
        requestDigest: root,
        result: all[i] as Uint8Array,
        index: i,
        batchSize: 5,
        path,
      };
      expect(answerIsUnder(under, given)).toBe(true);
      expect(answerIsUnder(batches[(batch + 1) % 9]?.root as string, given)).toBe(false);
    }
  }
});

test('what was no answer is none the second time', () => {
  const bad = { ...answer(1), result: utf8('secons') };
  for (let i = 0; i < 2; i++) expect(answerIsUnder(root, bad)).toBe(false);
  for (const nonsense of ['', 'zz'.repeat(32)]) {
    expect(answerIsUnder(nonsense, answer(1))).toBe(false);
  }
});

test('an answer is as large as the limits allow, and no larger', () => {
  const inBatch = (batchSize: number, result: Uint8Array) => {
    const all = Array.from({ length: batchSize }, () => leafHash(result));
    const path = merkleTree(all).paths[0] as Uint8Array[];
    const whole = { requestDigest: root, result, index: 0, batchSize, path };
    return answerIsUnder(toHex(merkleRoot(all)), whole);
  };
  const { batchOperations, resultBytes } = limits;
  const small = utf8('x');
  expect([batchOperations, batchOperations + 1].map((n) => inBatch(n, small))).toEqual([
    true,
    false,
  ]);
  const sizes = [resultBytes, resultBytes + 1];
  expect(sizes.map((size) => inBatch(2, new Uint8Array(size)))).toEqual([true, false]);
});

describe('the answers of a batch', () => {
  const sizes = [1, 2, 3, 5, 6, 7, 8, 13];
  let processes = 0;

  /** A batch of so many results that no other test has asked about. */
  function batchOf(batchSize: number, name: string) {
    const all = Array.from({ length: batchSize }, (_, i) => utf8(`${name} ${i}`));
    const hashes = all.map(leafHash);
    const { paths: ways } = merkleTree(hashes);
    const under = toHex(merkleRoot(hashes));
    return all.map((result, index) => {
      const path = ways[index] as Uint8Array[];
      return { under, whole: { requestDigest: root, result, index, batchSize, path } };
    });
  }

  test.each(sizes)('of %i are found in any order, again and again', (batchSize) => {
    for (const step of [1, 2, 3, 5, 7]) {
      const answers = batchOf(batchSize, `by ${step}`);
      for (let i = 0; i < 3 * batchSize; i++) {
        const { under, whole } = answers[(i * step) % batchSize] as (typeof answers)[0];
        expect(answerIsUnder(under, whole), `${whole.index} by ${step}`).toBe(true);
      }
    }
  });

  test.each(sizes)('of %i are refused with a path that is not theirs, asked first', (batchSize) => {
    const answers = batchOf(batchSize, 'refused');
    for (const { under, whole } of answers) {
      const longer = [...whole.path, new Uint8Array(32)];
      expect(answerIsUnder(under, { ...whole, path: longer })).toBe(false);
      expect(answerIsUnder(under, { ...whole, path: whole.path.slice(0, -1) })).toBe(
        whole.path.length === 0,
      );
      expect(answerIsUnder(under, whole)).toBe(true);
    }
  });

  test('have no place before the first nor behind the last', () => {
    const [, last] = batchOf(2, 'places') as [never, ReturnType<typeof batchOf>[0]];
    for (const index of [-1, 2, 3, 0.5, Number.NaN]) {
      expect(answerIsUnder(last.under, { ...last.whole, index })).toBe(false);
    }
    for (const batchSize of [-2, 0, 1.5, Number.NaN]) {
      expect(answerIsUnder(last.under, { ...last.whole, batchSize })).toBe(false);
    }
  });

  /**
   * What is remembered of a tree are the very bytes that came. Nobody writes into those; a test
   * may, to see whether they are remembered still.
   */
  test('are remembered of four batches, the one longest not asked for goes first', async () => {
    // Loaded anew, as in a process of its own, where nothing is remembered yet.
    const path = `../../src/pbft/certified-answer.ts?process=${processes++}`;
    const fresh: typeof import('../../src/pbft/certified-answer.ts') = await import(path);
    const { answerIsUnder } = fresh;
    const isRemembered = (others: number, refreshedAfter = Number.POSITIVE_INFINITY) => {
      const name = `kept ${others} ${refreshedAfter}`;
      const [{ under, whole }] = batchOf(2, name) as [ReturnType<typeof batchOf>[0]];
      const copy = structuredClone(whole);
      expect(answerIsUnder(under, whole)).toBe(true);
      for (let i = 0; i < others; i++) {
        if (i === refreshedAfter) expect(answerIsUnder(under, structuredClone(copy))).toBe(true);
        const [other] = batchOf(2, `${name} ${i}`) as [ReturnType<typeof batchOf>[0]];
        expect(answerIsUnder(other.under, other.whole)).toBe(true);
      }
      whole.result.fill(0);
      return !answerIsUnder(under, copy);
    };
    expect([0, 1, 3, 4, 5].map((others) => isRemembered(others))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect([6, 6, 6].map((others, i) => isRemembered(others, 2 + i))).toEqual([false, true, false]);
  });
});
