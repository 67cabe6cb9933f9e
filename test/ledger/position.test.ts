import { describe, expect, it } from 'vitest';
import { Ledger } from '../../src/ledger/ledger.ts';
import { snapshotChunks } from '../../src/ledger/snapshot.ts';
import { type NetworkPosition, signPosition } from '../../src/proofs/network-position.ts';
import { makeRegistration } from '../../src/proofs/registration.ts';
import { chainId } from '../proofs/fixtures.ts';
import {
  genesis,
  holders,
  newLedger,
  options,
  order,
  outcome,
  run,
  validate,
  validationOf,
} from './fixtures.ts';

const [alice, bob] = holders as [(typeof holders)[0], (typeof holders)[0]];
const address = Uint8Array.of(4, 127, 0, 0, 1, 6, 0x0f, 0xa1);
const first = signPosition(alice.signer, 10, [address]);

function register(ledger: Ledger, sequence: number, position: NetworkPosition | null) {
  const { beacon } = ledger;
  const context = { chainId, beacon, nodeId: alice.nodeId };
  const registration = makeRegistration(context, 1024, 32);
  return order(sequence, { type: 'registerPlot', beacon, registration, position });
}

describe('the network position of a registered plot', () => {
  it('stands with the plot, also after a state transfer', () => {
    const ledger = newLedger();
    expect(outcome(run(ledger, register(ledger, 1, first)))).toBe('registered');
    expect(ledger.plot(alice.nodeId)?.position).toEqual(first);
    const chunks = snapshotChunks(ledger.snapshot());
    const restored = Ledger.restore(genesis, options, chunks, ledger.stateDigest);
    expect(restored?.plot(alice.nodeId)?.position).toEqual(first);
  });

  it.each([
    ['an older record', signPosition(alice.signer, 9, []), 'sequence 9, 10 is registered', 10],
    ['a record of another node', signPosition(bob.signer, 11, []), 'not signed by', 10],
    ['a newer record', signPosition(alice.signer, 11, []), 'registered', 11],
    ['the same record', first, 'registered', 10],
    ['no record', null, 'registered', 10],
  ])('after %s is the newest the node signed', (_, position, expected, sequence) => {
    const ledger = newLedger();
    run(ledger, register(ledger, 1, first));
    expect(outcome(run(ledger, register(ledger, 2, position)))).toContain(expected);
    expect(ledger.plot(alice.nodeId)?.position?.sequence).toBe(sequence);
  });

  it('is asked for where genesis says so, and named when it is missing', () => {
    const ledger = newLedger({ requirePosition: true });
    const without = validationOf(run(ledger, validate(ledger, 'a', 1)));
    expect(without.failures).toEqual([
      {
        proof: 'space',
        reason: 'no network position is registered for this node',
        measured: 'none',
        required: 'a signed peer record',
      },
    ]);
    run(ledger, register(ledger, 2, first));
    expect(validationOf(run(ledger, validate(ledger, 'b', 3))).status).toBe('valid');
  });
});
