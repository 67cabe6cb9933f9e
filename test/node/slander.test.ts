import { describe, expect, it } from 'vitest';
import { limits as faultLimits } from '../../src/faults/limits.ts';
import { isolateOperation, nopOperation, readmitOperation } from '../../src/ledger/operation.ts';
import { seal } from '../../src/pbft/envelope.ts';
import { encodeEvidence } from '../../src/pbft/evidence-codec.ts';
import { encodeMessage } from '../../src/pbft/message-codec.ts';
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

describe('what no client sends', () => {
  it('is read slowly after a few times, and the others are heard as before', async () => {
    const mesh = new Mesh({});
    await mesh.start();
    for (let i = 0; i < 200; i++) mesh.request(0, accuse3(forged(a), forged(b)), 'client-0');
    expect(mesh.clients[0]).toEqual([{ client: 'client-0', to: 'suspected' }]);
    // Two were enough; of the rest one second's worth is read, and refused like them.
    expect(mesh.refused[0]?.length).toBe(2 + faultLimits.floodPerSecond);
    mesh.request(0, nopOperation(new Uint8Array([1])), 'client-1');
    await mesh.settle();
    expect(mesh.executed[0]).toHaveLength(1);
  });

  it.each([
    ['bytes that do not decode', new Uint8Array([250, 1, 2])],
    ['a message of replicas', encodeMessage({ type: 'fetchBatch', batchDigest: 'aa'.repeat(32) })],
  ])('includes %s', async (_, frame) => {
    const mesh = new Mesh({});
    await mesh.start();
    for (let i = 0; i < 4; i++) mesh.frame(0, frame, 'client-0');
    expect(mesh.clients[0]).toEqual([{ client: 'client-0', to: 'suspected' }]);
  });
});

describe('a lie of before its readmission', () => {
  it('is moot, and a later one is ordered', async () => {
    const mesh = new Mesh({});
    await mesh.start();
    mesh.request(0, accuse3(commitBy3(a), commitBy3(b)), 'client-0');
    await mesh.settle();
    const votes = [0, 1, 2].map((index) => mesh.node(index).voteForReadmission(3));
    expect(mesh.node(3).voteForReadmission(3)).toBeNull();
    expect(mesh.node(0).voteForReadmission(1)).toBeNull();
    const isolatedAt = votes[0]?.isolatedAt ?? 0;
    const signed = votes.flatMap((said) => (said === null ? [] : [said.vote]));
    mesh.request(0, readmitOperation(3, isolatedAt, signed), 'client-0');
    await mesh.settle();
    expect(mesh.node(1).vitals.isolated).toEqual([]);
    mesh.request(0, accuse3(commitBy3(a, 2), commitBy3(b, 2)), 'client-0');
    await mesh.settle();
    expect(mesh.node(1).vitals.isolated).toEqual([]);
    expect(mesh.refused[0]).toEqual([]);
    mesh.request(0, accuse3(commitBy3(a, 3), commitBy3(b, 3)), 'client-0');
    await mesh.settle();
    expect(mesh.node(1).vitals.isolated).toEqual([3]);
  });
});
