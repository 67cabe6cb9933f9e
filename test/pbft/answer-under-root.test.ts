import { expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { leafHash, merklePaths, merkleRoot } from '../../src/base/merkle.ts';
import { answerIsUnder } from '../../src/pbft/certified-answer.ts';
import { limits } from '../../src/pbft/limits.ts';
import type { Answer } from '../../src/pbft/messages.ts';

const results = ['first', 'second', 'third'].map(utf8);
const leaves = results.map(leafHash);
const root = toHex(merkleRoot(leaves));
const paths = merklePaths(leaves);

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
    const path = merklePaths(all)[0] as Uint8Array[];
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
