import { expect, test } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { leafHash, merkleRoot, verifyMerklePath } from '../../src/base/merkle.ts';
import { resultPaths, resultsRoot } from '../../src/pbft/result-tree.ts';

const named = (count: number, name: string) =>
  Array.from({ length: count }, (_, i) => utf8(`${name} ${i}`));

test.each([1, 2, 3, 5, 8])('%i results have the root and the paths of RFC 6962', (count) => {
  const results = named(count, 'result');
  const root = resultsRoot(results);
  expect(root).toBe(toHex(merkleRoot(results.map(leafHash))));
  const paths = resultPaths(results);
  expect(paths).toHaveLength(count);
  for (const [index, path] of paths.entries()) {
    const leaf = leafHash(results[index] as Uint8Array);
    expect(verifyMerklePath(fromHex(root) as Uint8Array, count, index, leaf, path)).toBe(true);
  }
});

test('the tree over the results of a batch is built once, and is of no other batch', () => {
  const results = named(5, 'one');
  const root = resultsRoot(results);
  expect(resultPaths(results)).toBe(resultPaths(results));
  expect(resultsRoot(named(5, 'other'))).not.toBe(root);
  expect(resultsRoot(results)).toBe(root);
});
