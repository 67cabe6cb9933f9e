import { describe, expect, test } from 'vitest';
import type { Account } from '../../src/ledger/account.ts';
import { encodeAccount, encodeStanding, type Standing } from '../../src/ledger/account.ts';
import { LedgerState, stateKeys } from '../../src/ledger/state.ts';
import { emptyTree, treeDigest, treeGet, treePut } from '../../src/ledger/state-tree.ts';

const account: Account = {
  status: 'active',
  free: 5,
  locked: 7,
  lockedSinceMs: 1,
  lockedUntilMs: 9,
  namePatterns: ['*.mesh'],
};
const isolated: Standing = { status: 'isolated', sequence: 3, sinceMs: 4, evidenceType: 'lie' };
const nodeOf = (fill: number) => new Uint8Array(32).fill(fill);

describe('entries written by meaning', () => {
  test('are in the tree and under its digest as soon as either is asked for', () => {
    const key = stateKeys.account(nodeOf(1));
    const wanted = treePut(emptyTree, key, encodeAccount(account));
    const byDigest = new LedgerState(emptyTree);
    byDigest.putAccount(nodeOf(1), account);
    expect(byDigest.digest).toBe(treeDigest(wanted));
    const byTree = new LedgerState(emptyTree);
    byTree.putAccount(nodeOf(1), account);
    expect(treeGet(byTree.tree, key)).toEqual(encodeAccount(account));
    expect(byTree.digest).toBe(treeDigest(wanted));
  });

  test('are read as they were written last, and the tree holds the last', () => {
    const state = new LedgerState(emptyTree);
    for (const free of [1, 2, 3]) state.putAccount(nodeOf(1), { ...account, free });
    expect(state.account(nodeOf(1))?.free).toBe(3);
    expect(state.account(nodeOf(2))).toBeNull();
    expect(treeGet(state.tree, stateKeys.account(nodeOf(1)))).toEqual(
      encodeAccount({ ...account, free: 3 }),
    );
  });

  test('go when they are deleted, whether the tree knew of them or not', () => {
    const state = new LedgerState(emptyTree);
    state.putStanding(2, isolated);
    state.delete(stateKeys.standing(2));
    expect(state.standing(2)).toBeNull();
    expect(state.tree).toEqual(emptyTree);
    state.putStanding(2, isolated);
    expect(state.digest).not.toBe(treeDigest(emptyTree));
    state.delete(stateKeys.standing(2));
    expect(state.standing(2)).toBeNull();
    expect(state.digest).toBe(treeDigest(emptyTree));
  });

  test('give way to bytes written under their key', () => {
    const state = new LedgerState(emptyTree);
    state.putStanding(2, isolated);
    state.put(stateKeys.standing(2), encodeStanding({ ...isolated, sequence: 8 }));
    expect(state.standing(2)?.sequence).toBe(8);
    expect(treeGet(state.tree, stateKeys.standing(2))).toEqual(
      encodeStanding({ ...isolated, sequence: 8 }),
    );
  });

  test('are forgotten with the tree that another takes the place of', () => {
    const state = new LedgerState(emptyTree);
    state.putAccount(nodeOf(1), account);
    const { tree } = state;
    state.putAccount(nodeOf(1), { ...account, free: 6 });
    state.tree = tree;
    expect(state.account(nodeOf(1))?.free).toBe(5);
    state.tree = emptyTree;
    expect(state.account(nodeOf(1))).toBeNull();
    expect(state.tree).toBe(emptyTree);
  });

  test('lose nothing when there are more of them than are held ready', () => {
    const state = new LedgerState(emptyTree);
    let tree = emptyTree;
    for (let i = 0; i < 1500; i++) {
      const nodeId = nodeOf(i & 255);
      nodeId[1] = i >> 8;
      state.putAccount(nodeId, { ...account, free: i });
      tree = treePut(tree, stateKeys.account(nodeId), encodeAccount({ ...account, free: i }));
    }
    expect(state.account(nodeOf(0))?.free).toBe(0);
    expect(state.digest).toBe(treeDigest(tree));
  });
});
