import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import { leafHash, verifyMerklePath } from '../../../src/base/merkle.ts';
import { LeafIndex } from '../../../src/trustchain/log/leaf-index.ts';
import { type TreeClaim, verifyConsistency } from '../../../src/trustchain/log/proof-check.ts';
import { MerkleTree } from '../../../src/trustchain/log/tree.ts';
import { climb, path, proof, treeHash } from './naive-tree.ts';

/** The leaves of the test vectors that CT implementations share (certificate-transparency-go). */
const vectorLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => fromHex(hex)!);

const vectorRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

function treeOf(data: readonly Uint8Array[]): MerkleTree {
  const tree = new MerkleTree();
  for (const leaf of data) tree.append(leafHash(leaf));
  return tree;
}

const hexes = (hashes: readonly Uint8Array[]): string[] => hashes.map(toHex);

test('The shared vectors have these roots, at every size', () => {
  const tree = treeOf(vectorLeaves);
  expect(toHex(tree.root(0))).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
  expect(vectorRoots.map((_, i) => toHex(tree.root(i + 1)))).toEqual(vectorRoots);
});

test('The shared vectors have these inclusion and consistency proofs', () => {
  const tree = treeOf(vectorLeaves);
  expect(hexes(tree.inclusionPath(0, 8))).toEqual([
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ]);
  expect(hexes(tree.inclusionPath(5, 8))).toEqual([
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
  expect(hexes(tree.consistencyPath(6, 8))).toEqual([
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ]);
  expect(hexes(tree.consistencyPath(2, 5))).toEqual([
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
  ]);
});

/** RFC 6962 §2.1.3 names the nodes of a tree of seven leaves; these are its four examples. */
test('The examples of RFC 6962 come out as the RFC draws them', () => {
  const [d0, d1, d2, d3, d4, d5, d6] = Array.from({ length: 7 }, (_, i) => Uint8Array.of(0xd0 + i));
  const data = [d0!, d1!, d2!, d3!, d4!, d5!, d6!];
  const tree = treeOf(data);
  const b = toHex(treeHash([d1!]));
  const c = toHex(treeHash([d2!]));
  const d = toHex(treeHash([d3!]));
  const f = toHex(treeHash([d5!]));
  const g = toHex(treeHash([d0!, d1!]));
  const h = toHex(treeHash([d2!, d3!]));
  const i = toHex(treeHash([d4!, d5!]));
  const j = toHex(treeHash([d6!]));
  const k = toHex(treeHash([d0!, d1!, d2!, d3!]));
  const l = toHex(treeHash([d4!, d5!, d6!]));
  expect(hexes(tree.inclusionPath(0, 7))).toEqual([b, h, l]);
  expect(hexes(tree.inclusionPath(3, 7))).toEqual([c, g, l]);
  expect(hexes(tree.inclusionPath(4, 7))).toEqual([f, j, k]);
  expect(hexes(tree.inclusionPath(6, 7))).toEqual([i, k]);
  expect(hexes(tree.consistencyPath(3, 7))).toEqual([c, d, g, l]);
  expect(hexes(tree.consistencyPath(4, 7))).toEqual([l]);
  expect(hexes(tree.consistencyPath(6, 7))).toEqual([i, j, k]);
});

const most = 300;
const data = Array.from({ length: most }, (_, i) => Uint8Array.of(i >> 8, i & 0xff, 7));
const full = treeOf(data);
const roots = Array.from({ length: most + 1 }, (_, size) => full.root(size));

test('A tree that grows has at every size the root of a tree of that size', () => {
  const growing = new MerkleTree();
  for (let size = 0; size <= most; size++) {
    const expected = toHex(treeHash(data.slice(0, size)));
    expect(toHex(growing.root())).toBe(expected);
    expect(toHex(roots[size]!)).toBe(expected);
    if (size < most) growing.append(leafHash(data[size]!));
  }
});

test('Up to 300 leaves every leaf has its inclusion proof, and the verifier takes it', () => {
  let proofs = 0;
  for (let size = 1; size <= most; size++) {
    for (let index = 0; index < size; index++) {
      const nodes = full.inclusionPath(index, size);
      const leaf = full.leaf(index);
      const reached = climb(leaf, index, size, nodes);
      if (reached === null || Buffer.compare(reached, roots[size]!) !== 0) {
        throw new Error(`leaf ${index} of ${size}: the path leads elsewhere`);
      }
      if (!verifyMerklePath(roots[size]!, size, index, leaf, nodes)) {
        throw new Error(`leaf ${index} of ${size}: refused`);
      }
      proofs += 1;
    }
  }
  expect(proofs).toBe((most * (most + 1)) / 2);
});

test('Up to 300 leaves any two sizes have a consistency proof that the verifier takes', () => {
  let proofs = 0;
  for (let second = 0; second <= most; second++) {
    for (let first = 0; first <= second; first++) {
      const nodes = full.consistencyPath(first, second);
      if (!verifyConsistency(claim(first), claim(second), nodes)) {
        throw new Error(`${first} of ${second}: refused`);
      }
      proofs += 1;
    }
  }
  expect(proofs).toBe(((most + 1) * (most + 2)) / 2);
});

function claim(size: number): TreeClaim {
  return { size, root: roots[size]! };
}

test('The proofs are those that the definitions give', () => {
  for (const size of [1, 2, 3, 5, 8, 13, 31, 32, 33, 64, 65, 100]) {
    const part = data.slice(0, size);
    for (let index = 0; index < size; index++) {
      expect(hexes(full.inclusionPath(index, size))).toEqual(hexes(path(index, part)));
    }
    for (let first = 1; first < size; first++) {
      expect(hexes(full.consistencyPath(first, size))).toEqual(hexes(proof(first, part)));
    }
  }
});

/** Up to this size every corruption is tried, above it one of each proof, by turns. */
const thorough = 64;

/** A proof broken in each way there is: a bit, a node more, a node less, two nodes swapped. */
function* everyCorruption(nodes: readonly Uint8Array[]): Generator<Uint8Array[]> {
  for (let i = 0; i < nodes.length; i++) {
    yield nodes.map((node, j) =>
      i === j ? node.map((byte, k) => (k === 9 ? byte ^ 4 : byte)) : node,
    );
    yield nodes.filter((_, j) => j !== i);
    yield nodes.with(i, nodes[i]!.slice(1));
  }
  yield [...nodes, new Uint8Array(32)];
  yield [new Uint8Array(32), ...nodes];
  if (nodes.length >= 2) yield [nodes[1]!, nodes[0]!, ...nodes.slice(2)];
}

function corruptions(nodes: readonly Uint8Array[], size: number, turn: number): Uint8Array[][] {
  const all = [...everyCorruption(nodes)];
  return size <= thorough ? all : [all[turn % all.length]!];
}

test('No corrupted inclusion proof is taken, of any leaf at any size up to 300', () => {
  for (let size = 1; size <= most; size++) {
    for (let index = 0; index < size; index++) {
      const nodes = full.inclusionPath(index, size);
      const takes = (
        at: number,
        of: number,
        path: readonly Uint8Array[],
        leaf = full.leaf(index),
      ) => verifyMerklePath(roots[size]!, of, at, leaf, path);
      for (const broken of corruptions(nodes, size, index)) {
        if (takes(index, size, broken)) throw new Error(`leaf ${index} of ${size}: broken, taken`);
      }
      const other = full.leaf((index + 1) % size);
      const taken =
        (size > 1 && takes((index + 1) % size, size, nodes)) ||
        (size > 1 && takes(index, size, nodes, other)) ||
        takes(size, size, nodes) ||
        takes(-1, size, nodes);
      if (taken) throw new Error(`leaf ${index} of ${size}: taken for another`);
    }
  }
});

test('No corrupted consistency proof is taken, between any two sizes up to 300', () => {
  for (let second = 0; second <= most; second++) {
    for (let first = 0; first <= second; first++) {
      const nodes = full.consistencyPath(first, second);
      const broken = corruptions(nodes, second, first).filter((path) =>
        verifyConsistency(claim(first), claim(second), path),
      );
      if (broken.length > 0) throw new Error(`${first} of ${second}: broken, taken`);
      const other = { size: first, root: roots[(first + 1) % most]! };
      const grown = { size: second, root: roots[(second + 1) % most]! };
      const taken =
        verifyConsistency(other, claim(second), nodes) ||
        (first > 0 && verifyConsistency(claim(first), grown, nodes)) ||
        (first < second && verifyConsistency(claim(second), claim(first), nodes));
      if (taken) throw new Error(`${first} of ${second}: taken for others`);
    }
  }
});

test('A leaf is found by its hash among thousands, and one that is not there is not', () => {
  const tree = new MerkleTree();
  const index = new LeafIndex(tree.leaves);
  const hashes = Array.from({ length: 3000 }, (_, i) => leafHash(Uint8Array.of(i >> 8, i & 0xff)));
  for (const [i, hash] of hashes.entries()) {
    expect(index.find(hash)).toBeNull();
    tree.append(hash);
    index.addLast();
    expect(index.find(hash)).toBe(i);
  }
  expect(hashes.every((hash, i) => index.find(hash) === i)).toBe(true);
  tree.append(hashes[17]!);
  index.addLast();
  expect(index.find(hashes[17]!)).toBe(17);
});
