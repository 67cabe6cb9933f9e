import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { sha256 } from '../../src/base/digest.ts';
import { chunksFrom, encodeEntry, snapshotChunks } from '../../src/ledger/snapshot.ts';
import { stateChanges } from '../../src/ledger/state-changes.ts';
import {
  emptyTree,
  type StateTree,
  treeDelete,
  treeDigest,
  treePut,
} from '../../src/ledger/state-tree.ts';

const snapshotOf = (tree: StateTree) => ({ tree, stateDigest: treeDigest(tree) });

/** Entries by place, as a journal holds them. */
type Journaled = ReadonlyMap<string, Uint8Array>;

function apply(journaled: Journaled, before: StateTree, after: StateTree): Journaled {
  const changed = new Map(journaled);
  const { puts, deletes } = stateChanges(before, snapshotOf(after));
  for (const place of deletes) expect(changed.delete(place), 'deletes what is there').toBe(true);
  for (const { place, entry } of puts) changed.set(place, entry);
  return changed;
}

/** The chunks that a restart makes of what the journal holds. */
function chunksIn(journaled: Journaled): readonly Uint8Array[] {
  const inOrder = [...journaled].sort(([a], [b]) => (a < b ? -1 : 1));
  return chunksFrom(inOrder.map(([, entry]) => entry));
}

const change = fc.record({
  key: fc.nat({ max: 30 }).map((key) => `k${key}`),
  value: fc.option(fc.uint8Array({ maxLength: 3 })),
});

function changeBy(tree: StateTree, changes: readonly { key: string; value: Uint8Array | null }[]) {
  let changed = tree;
  for (const { key, value } of changes) {
    changed = value === null ? treeDelete(changed, key) : treePut(changed, key, value);
  }
  return changed;
}

describe('changes from checkpoint to checkpoint', () => {
  test('lead through all of them to the chunks of the last', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 6 }), (steps) => {
        let journaled: Journaled = new Map();
        let before: StateTree = emptyTree;
        for (const step of steps) {
          const after = changeBy(before, step);
          journaled = apply(journaled, before, after);
          expect(chunksIn(journaled)).toEqual(snapshotChunks(snapshotOf(after)));
          before = after;
        }
      }),
    );
  });

  test('lead from any state to any other, though no part of one is part of the other', () => {
    const all = fc.array(change, { maxLength: 25 });
    fc.assert(
      fc.property(all, all, (one, other) => {
        const [before, after] = [changeBy(emptyTree, one), changeBy(emptyTree, other)];
        const journaled = apply(new Map(), emptyTree, before);
        const changed = apply(journaled, before, after);
        expect(chunksIn(changed)).toEqual(snapshotChunks(snapshotOf(after)));
      }),
    );
  });

  test('are only what changed, also when the state was built anew', () => {
    const keys = Array.from({ length: 500 }, (_, i) => `k${i}`);
    const build = () => keys.reduce((tree, key) => treePut(tree, key, utf8(key)), emptyTree);
    const [before, again] = [build(), build()];
    expect(stateChanges(before, snapshotOf(again))).toMatchObject({ puts: [], deletes: [] });
    const after = treeDelete(treePut(again, 'k7', utf8('new')), 'k8');
    expect(stateChanges(before, snapshotOf(after))).toMatchObject({
      puts: [
        { place: toHex(sha256(utf8('k7'))), entry: encodeEntry({ key: 'k7', value: utf8('new') }) },
      ],
      deletes: [toHex(sha256(utf8('k8')))],
    });
  });
});
