import { describe, expect, it } from 'vitest';
import { orderOperation } from '../../src/ledger/operation.ts';
import { signPosition } from '../../src/proofs/network-position.ts';
import { makeRegistration } from '../../src/proofs/registration.ts';
import type { Address } from '../../src/runtime/ports.ts';
import { holders, newLedger, validate } from '../ledger/fixtures.ts';
import { chainId } from '../proofs/fixtures.ts';
import { Mesh } from './mesh.ts';

const [alice, bob] = holders as [(typeof holders)[0], (typeof holders)[0]];
const ledger = newLedger();
const { beacon } = ledger;
const context = { chainId, beacon, nodeId: alice.nodeId };
const registration = makeRegistration(context, 128, 256);
const register = (position: ReturnType<typeof signPosition> | null) =>
  orderOperation(chainId, alice.signer, 1, {
    type: 'registerPlot',
    beacon,
    registration,
    position,
  });
const positioned = register(signPosition(alice.signer, 1, []));
const refusal = 'a position registered over another connection';

/** Links prove the keys of alice and bob, and none of carol. */
const publicKeyOf = (address: Address) =>
  ({ alice: alice.nodeId, bob: bob.nodeId })[address] ?? null;

describe('an operation from a client', () => {
  it.each([
    { what: 'a position', from: 'alice', operation: positioned, refused: [], why: 'her own' },
    { what: 'a position', from: 'bob', operation: positioned, refused: [refusal], why: 'not his' },
    { what: 'a position', from: 'carol', operation: positioned, refused: [], why: 'no key proved' },
    { what: 'none', from: 'bob', operation: register(null), refused: [], why: 'nothing to check' },
    { what: 'a request', from: 'bob', operation: validate(ledger, 'r', 1), refused: [], why: 'CA' },
    {
      what: 'a broken registration',
      from: 'bob',
      operation: positioned.subarray(0, 60),
      refused: [],
      why: 'the ledger answers it',
    },
  ])('with $what over the link of $from is refused or not: $why', async (row) => {
    const mesh = new Mesh({ publicKeyOf });
    await mesh.start();
    mesh.request(0, row.operation, row.from);
    expect(mesh.refused[0]).toEqual(row.refused);
    await mesh.settle();
    expect(mesh.executed[0]?.length).toBe(row.refused.length === 0 ? 1 : 0);
  });
});
