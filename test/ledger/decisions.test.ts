import { describe, expect, test } from 'vitest';
import { logDecisions, pruneDecisions, putDecision } from '../../src/ledger/decisions.ts';
import { LedgerState } from '../../src/ledger/state.ts';
import { emptyTree } from '../../src/ledger/state-tree.ts';

/** A state with `batches` of 256 decisions, the i-th batch expiring at i. */
function stateWith(batches: number): LedgerState {
  const state = new LedgerState(emptyTree);
  const decision = { operation: 'ab'.repeat(32), result: new Uint8Array() };
  for (let batch = 0; batch < batches; batch++) {
    const keys = Array.from({ length: 256 }, (_, i) => `decision/${batch}/${i}`);
    // One entry stands for the batch: the bound counts keys, and 65,536 entries take their time.
    putDecision(state, keys[0] as string, decision);
    logDecisions(state, keys, batch);
  }
  return state;
}

const kept = (state: LedgerState, batch: number) => state.get(`decision/${batch}/0`) !== null;

describe('decisions', () => {
  test('are kept through the time they are kept for, and forgotten right after', () => {
    const state = stateWith(4);
    pruneDecisions(state, 2);
    expect([0, 1, 2, 3].map((batch) => kept(state, batch))).toEqual([false, false, true, true]);
  });

  test('are never more than the bound: the oldest go early', () => {
    const state = stateWith(257);
    pruneDecisions(state, 0);
    expect([0, 1].map((batch) => kept(state, batch))).toEqual([false, true]);
    const digest = state.digest;
    pruneDecisions(state, 0);
    expect(state.digest).toBe(digest);
  });

  test('are forgotten at most 64 records a batch, so that no batch takes long', () => {
    const state = stateWith(70);
    pruneDecisions(state, 1_000);
    expect([63, 64].map((batch) => kept(state, batch))).toEqual([false, true]);
    pruneDecisions(state, 1_000);
    expect(kept(state, 69)).toBe(false);
  });
});
