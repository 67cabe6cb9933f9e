import { describe, expect, it } from 'vitest';
import { isolateOperation } from '../../src/ledger/operation.ts';
import { seal } from '../../src/pbft/envelope.ts';
import { encodeEvidence } from '../../src/pbft/evidence-codec.ts';
import { validatorSigners } from '../ledger/fixtures.ts';
import { chainId } from '../proofs/fixtures.ts';
import { Mesh } from './mesh.ts';

const refusal = 'isolate: the evidence proves nothing';
const [, , , villain] = validatorSigners;

/** Replica 3's signed word that it commits to `headerDigest`, on some chain. */
function commitBy3(headerDigest: string, sequence = 1, chain = chainId, signer = villain!) {
  const statement = { type: 'commit', view: 0, sequence, headerDigest } as const;
  return seal(statement, 3, signer, chain);
}

type Commit = ReturnType<typeof commitBy3>;

function accuse3(first: Commit, second: Commit): Uint8Array {
  const evidence = encodeEvidence({ type: 'conflictingCommit', accused: 3, first, second });
  return isolateOperation(evidence);
}

const [a, b] = ['aa'.repeat(32), 'bb'.repeat(32)] as const;
const other = 'cd'.repeat(32);
const liar = validatorSigners[2]!;

describe('evidence that somebody brings', () => {
  it.each([
    ['two words for one slot', accuse3(commitBy3(a), commitBy3(b)), true],
    ['one word twice', accuse3(commitBy3(a), commitBy3(a)), false],
    ['words for two slots', accuse3(commitBy3(a, 1), commitBy3(b, 2)), false],
    ['words signed by the accuser', accuse3(forged(a), forged(b)), false],
    ['words of another chain', accuse3(foreign(a), foreign(b)), false],
    ['one true and one forged word', accuse3(commitBy3(a), forged(b)), false],
    ['bytes that are none', isolateOperation(new Uint8Array([1, 2, 3])), false],
  ])('that is %s: ordered or refused, %#', async (_, operation, proves) => {
    for (const from of ['client-0', 'replica-2']) {
      const mesh = new Mesh({});
      await mesh.start();
      mesh.request(0, operation, from);
      expect(mesh.refused[0]).toEqual(proves ? [] : [refusal]);
      // A peer's request goes by the primary, which is this one.
      await mesh.settle();
      expect(mesh.executed[1]?.length).toBe(proves ? 1 : 0);
    }
  });

  it('makes its bringer a suspect, though each time it is harmless', async () => {
    const mesh = new Mesh({});
    await mesh.start();
    for (let i = 0; i < 2; i++) mesh.request(0, accuse3(forged(a), forged(b)), 'replica-2');
    expect(mesh.standings[0]).toEqual([{ process: 2, from: 'trusted', to: 'suspected' }]);
  });

  it('is not ordered again once it has done its work, nor held against anybody', async () => {
    const mesh = new Mesh({});
    await mesh.start();
    mesh.request(0, accuse3(commitBy3(a), commitBy3(b)), 'replica-1');
    await mesh.settle();
    mesh.request(0, accuse3(commitBy3(a, 2), commitBy3(b, 2)), 'replica-1');
    await mesh.settle();
    expect(mesh.executed[0]).toHaveLength(1);
    expect(mesh.refused[0]).toEqual([]);
  });
});

function forged(headerDigest: string) {
  return commitBy3(headerDigest, 1, chainId, liar);
}

function foreign(headerDigest: string) {
  return commitBy3(headerDigest, 1, other);
}
