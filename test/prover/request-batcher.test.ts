import { describe, expect, test } from 'vitest';
import { decodeOperation } from '../../src/ledger/operation.ts';
import { makeOwnProofs } from '../../src/proofs/proof-set.ts';
import type { RequestDraft } from '../../src/proofs/request-batch.ts';
import { RequestBatcher } from '../../src/prover/request-batcher.ts';
import {
  beacon,
  chainId,
  ingredientsOf,
  requirements,
  subjectOf,
  testNode,
} from '../proofs/fixtures.ts';

const node = testNode(1);
const light = { ...requirements, minimumComputeBits: 1 };

function draft(sequence: number, made = beacon): RequestDraft {
  const subject = subjectOf(node, { requestId: `r${sequence}` });
  const changes = { subject, sequence, beacon: made, requirements: light };
  return { subject, proofs: makeOwnProofs(ingredientsOf(node, changes)) };
}

/** A batcher whose turn ends when told, and the sequences of each operation that left. */
function start(maxRequests = 4) {
  const due: (() => void)[] = [];
  const left: string[] = [];
  const told: number[] = [];
  const batcher = new RequestBatcher({
    chainId,
    signer: node.signer,
    plot: node.plot,
    timers: {
      after(_, callback) {
        due.push(callback);
        return () => {};
      },
    },
    maxRequests,
  });
  const drafts = new Map<number, RequestDraft>();
  const operations = new Set<Uint8Array>();
  return {
    left,
    told,
    add(...sequences: number[]) {
      for (const sequence of sequences) this.addDraft(draft(sequence));
    },
    addDraft(each: RequestDraft) {
      drafts.set(each.proofs.time.sequence, each);
      batcher.add(each, (operation) => {
        told.push(each.proofs.time.sequence);
        if (operations.has(operation)) return;
        operations.add(operation);
        left.push(describeOperation(operation));
      });
    },
    settle(...sequences: number[]) {
      for (const sequence of sequences) batcher.settle(drafts.get(sequence) ?? draft(sequence));
    },
    endTurn() {
      for (const callback of due.splice(0)) callback();
    },
  };
}

function describeOperation(operation: Uint8Array): string {
  const decoded = decodeOperation(operation);
  if (!decoded.ok) return decoded.reason;
  const { value } = decoded;
  if (value.type === 'validate') return `${value.request.proofs.time.sequence} alone`;
  if (value.type !== 'validateBatch') return value.type;
  return value.batch.requests.map(({ proofs }) => proofs.time.sequence).join(' ');
}

describe('a batcher of requests', () => {
  test('lets a lone request go at the end of the turn, in the plain form', () => {
    const batcher = start();
    batcher.add(1);
    expect(batcher.left).toEqual([]);
    batcher.endTurn();
    expect(batcher.left).toEqual(['1 alone']);
  });

  test('puts what comes in one turn under one signature, by ascending sequence', () => {
    const batcher = start();
    batcher.add(3, 1, 2);
    batcher.endTurn();
    expect(batcher.left).toEqual(['1 2 3']);
    expect(batcher.told.toSorted()).toEqual([1, 2, 3]);
  });

  test('keeps what comes meanwhile until something is answered', () => {
    const batcher = start();
    batcher.add(1);
    batcher.endTurn();
    batcher.add(2);
    batcher.endTurn();
    batcher.add(3);
    batcher.endTurn();
    expect(batcher.left).toEqual(['1 alone']);
    batcher.settle(1);
    batcher.endTurn();
    expect(batcher.left).toEqual(['1 alone', '2 3']);
  });

  test('waits for the last of a batch, whatever was given up or told twice', () => {
    const batcher = start();
    batcher.add(1, 2);
    batcher.endTurn();
    batcher.add(3);
    batcher.settle(1, 1, 17);
    batcher.endTurn();
    expect(batcher.left).toEqual(['1 2']);
    batcher.settle(2);
    batcher.endTurn();
    expect(batcher.left).toEqual(['1 2', '3 alone']);
  });

  test('sends a full batch though others are under way', () => {
    const batcher = start(2);
    batcher.add(1);
    batcher.endTurn();
    batcher.add(2, 3, 4);
    batcher.endTurn();
    expect(batcher.left).toEqual(['1 alone', '2 3']);
  });

  test('sends nothing that could make what is under way too old for the replay window', () => {
    const batcher = start(2);
    batcher.add(1);
    batcher.endTurn();
    batcher.add(63, 64);
    batcher.endTurn();
    batcher.add(65, 66);
    batcher.endTurn();
    expect(batcher.left).toEqual(['1 alone', '63 64']);
    batcher.settle(1);
    batcher.endTurn();
    expect(batcher.left).toEqual(['1 alone', '63 64', '65 66']);
  });

  test('keeps requests for different beacons apart', () => {
    const batcher = start(2);
    const later = { epoch: beacon.epoch + 1, value: 'ab'.repeat(32) };
    batcher.add(1);
    batcher.addDraft(draft(2, later));
    batcher.add(3);
    batcher.addDraft(draft(4, later));
    batcher.endTurn();
    expect(batcher.left).toEqual(['1 3', '2 4']);
  });
});
