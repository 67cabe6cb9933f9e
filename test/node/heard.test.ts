import { expect, test } from 'vitest';
import { newLedger, validate } from '../ledger/fixtures.ts';
import { Mesh } from './mesh.ts';

test('an observer is told of whoever is heard, votes that need no step included', async () => {
  const mesh = new Mesh({});
  await mesh.start();
  mesh.request(0, validate(newLedger(), 'h', 1));
  await mesh.settle();
  // Of each a prepare and a commit, and none from the primary but its header and its commit.
  const times = (peer: number) => mesh.heard[1]?.filter((from) => from === peer).length;
  expect([0, 2, 3].map(times)).toEqual([2, 2, 2]);
});
