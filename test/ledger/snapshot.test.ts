import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { snapshotChunks, treeFromChunks } from '../../src/ledger/snapshot.ts';
import { emptyTree, treeDigest, treePut } from '../../src/ledger/state-tree.ts';
import { flip } from '../proofs/fixtures.ts';
import { genesis, newLedger, options, run, validate } from './fixtures.ts';

function busyLedger(): Ledger {
  const ledger = newLedger();
  for (let i = 1; i <= 5; i++) run(ledger, validate(ledger, `r${i}`, i));
  return ledger;
}

describe('a snapshot', () => {
  test('in chunks restores to a ledger that goes on alike', () => {
    const ledger = busyLedger();
    const chunks = snapshotChunks(ledger.snapshot());
    const restored = Ledger.restore(genesis, options, chunks, ledger.stateDigest) as Ledger;
    expect(restored.stateDigest).toBe(ledger.stateDigest);
    const batch = [validate(ledger, 'next', 9)];
    const atMs = ledger.timeMs + 100_000;
    expect(restored.execute(9, atMs, batch)).toEqual(ledger.execute(9, atMs, batch));
    expect(restored.beacon).toEqual(ledger.beacon);
  });

  test('stays what it was while the ledger goes on', () => {
    const ledger = busyLedger();
    const snapshot = ledger.snapshot();
    const before = snapshotChunks(snapshot);
    run(ledger, validate(ledger, 'later', 9));
    expect(ledger.stateDigest).not.toBe(snapshot.stateDigest);
    expect(snapshotChunks(snapshot)).toEqual(before);
  });

  test('of many entries is cut into chunks of at most 256 KiB, and comes back whole', () => {
    const random = new Random('snapshot');
    let tree = emptyTree;
    for (let i = 0; i < 3000; i++) tree = treePut(tree, `k${i}`, random.bytes(random.below(600)));
    const stateDigest = treeDigest(tree);
    const chunks = snapshotChunks({ tree, stateDigest });
    expect(chunks.length).toBeGreaterThan(2);
    for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(256 * 1024);
    const restored = treeFromChunks(chunks, stateDigest);
    expect(restored && treeDigest(restored)).toBe(stateDigest);
    expect(treeFromChunks([...chunks].reverse(), stateDigest)).toBeNull();
    expect(treeFromChunks(chunks.slice(1), stateDigest)).toBeNull();
    expect(treeFromChunks([...chunks, ...chunks.slice(-1)], stateDigest)).toBeNull();
  });

  test('with any byte changed is refused, and so is one of another state or genesis', () => {
    const ledger = busyLedger();
    const [chunk] = snapshotChunks(ledger.snapshot()) as [Uint8Array];
    const digest = ledger.stateDigest;
    for (let at = 0; at < chunk.length; at += 3) {
      const bent = [flip(chunk, at, at % 8)];
      expect(Ledger.restore(genesis, options, bent, digest), `byte ${at}`).toBeNull();
    }
    expect(Ledger.restore(genesis, options, [chunk], newLedger().stateDigest)).toBeNull();
    expect(Ledger.restore({ ...genesis, startMs: 1 }, options, [chunk], digest)).toBeNull();
    expect(Ledger.restore(genesis, options, [], digest)).toBeNull();
    expect(Ledger.restore(genesis, options, [chunk], digest)).not.toBeNull();
  });
});
