import { describe, expect, test } from 'vitest';
import { decodeOperation } from '../../src/ledger/operation.ts';
import { makeOwnProofs } from '../../src/proofs/proof-set.ts';
import type { CertificateSubject } from '../../src/proofs/request.ts';
import type { RequestDraft } from '../../src/proofs/request-batch.ts';
import { RequestBatcher, SharedProver } from '../../src/prover/index.ts';
import { chainId, ingredientsOf, requirements, subjectOf, testNode } from '../proofs/fixtures.ts';

const node = testNode(1);
const light = { ...requirements, minimumComputeBits: 1 };

/** A node that proves for whoever asks, once it is enrolled. */
function start(enrolled = true) {
  const due: (() => void)[] = [];
  const { signer, plot } = node;
  const timers = {
    after(_: number, callback: () => void) {
      due.push(callback);
      return () => {};
    },
  };
  const batcher = new RequestBatcher({ chainId, signer, plot, timers, maxRequests: 4 });
  let sequence = 0;
  const prover = {
    nodeId: signer.publicKey,
    draft(subject: CertificateSubject, done: (draft: RequestDraft | null) => void) {
      if (!enrolled) return done(null);
      sequence += 1;
      const changes = { subject, sequence, requirements: light };
      done({ subject, proofs: makeOwnProofs(ingredientsOf(node, changes)) });
    },
  };
  const shared = new SharedProver({ prover, batcher });
  const given: (Uint8Array | null)[] = [];
  return {
    shared,
    given,
    ask(...requestIds: string[]) {
      for (const requestId of requestIds) {
        shared.prove(subjectOf(node, { requestId }), (operation) => given.push(operation));
      }
      for (const callback of due.splice(0)) callback();
    },
    endTurn() {
      for (const callback of due.splice(0)) callback();
    },
  };
}

function requestsIn(operation: Uint8Array | null | undefined): string[] {
  const decoded = decodeOperation(operation ?? new Uint8Array());
  if (!decoded.ok) return [decoded.reason];
  const { value } = decoded;
  if (value.type === 'validate') return [value.request.subject.requestId];
  if (value.type !== 'validateBatch') return [value.type];
  return value.batch.requests.map(({ subject }) => subject.requestId);
}

describe('a node that proves for many', () => {
  test('gives all who ask in one turn the same operation', () => {
    const { given, ask } = start();
    ask('a', 'b', 'c');
    expect(given.length).toBe(3);
    expect(new Set(given).size).toBe(1);
    expect(requestsIn(given[0])).toEqual(['a', 'b', 'c']);
  });

  test('lets who comes meanwhile wait until what is under way ends, and go together', () => {
    const { shared, given, ask } = start();
    ask('a');
    ask('b', 'c');
    expect(given.length).toBe(1);
    shared.ended(given[0] as Uint8Array);
    // Not at the end of the turn, in which what was answered is still to be used.
    expect(given.length).toBe(3);
    expect(requestsIn(given[1])).toEqual(['b', 'c']);
  });

  test('waits for the end of every operation, and for no other', () => {
    const { shared, given, ask, endTurn } = start();
    ask('a', 'b');
    ask('c');
    shared.ended(new Uint8Array([1]));
    endTurn();
    expect(given.length).toBe(2);
    shared.ended(given[1] as Uint8Array);
    shared.ended(given[1] as Uint8Array);
    endTurn();
    expect(requestsIn(given[2])).toEqual(['c']);
  });

  test('gives nothing before it is enrolled', () => {
    const { given, ask } = start(false);
    ask('a');
    expect(given).toEqual([null]);
  });
});
