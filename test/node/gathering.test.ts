import { describe, expect, it } from 'vitest';
import { newLedger, validate } from '../ledger/fixtures.ts';
import { Mesh } from './mesh.ts';

const ledger = newLedger();
const operations = Array.from({ length: 12 }, (_, i) => validate(ledger, `g${i}`, i + 1));

async function batchesOf(
  ask: (mesh: Mesh, endTurn: () => void) => void,
): Promise<readonly number[]> {
  const ends: (() => void)[] = [];
  const mesh = new Mesh({ endOfTurn: (last) => ends.push(last) });
  await mesh.start();
  ask(mesh, () => {
    for (const end of ends.splice(0)) end();
  });
  await mesh.settle();
  return (mesh.executed[0] ?? []).map((batch) => batch.operations.length);
}

describe('requests that come in one turn', () => {
  it('are one batch, though nothing was in flight when the first came', async () => {
    const batches = await batchesOf((mesh, endTurn) => {
      for (const operation of operations) mesh.request(0, operation);
      endTurn();
    });
    expect(batches).toEqual([12]);
  });

  it('wait no longer than the turn', async () => {
    const batches = await batchesOf((mesh, endTurn) => {
      for (const operation of operations.slice(0, 2)) mesh.request(0, operation);
      endTurn();
      for (const operation of operations.slice(2, 4)) mesh.request(0, operation);
      endTurn();
    });
    expect(batches).toEqual([2, 2]);
  });

  it('are ordered once each, also what came twice', async () => {
    const batches = await batchesOf((mesh, endTurn) => {
      for (const operation of [...operations, ...operations]) mesh.request(0, operation);
      endTurn();
    });
    expect(batches).toEqual([12]);
  });

  it('are lost with a node that stops before its end', async () => {
    const batches = await batchesOf((mesh, endTurn) => {
      for (const operation of operations) mesh.request(0, operation);
      mesh.node(0).stop();
      endTurn();
    });
    expect(batches).toEqual([]);
  });
});
