import { describe, expect, test } from 'vitest';
import { makeOwnProofs } from '../../src/proofs/proof-set.ts';
import type { CertificateSubject } from '../../src/proofs/request.ts';
import type { RequestDraft } from '../../src/proofs/request-batch.ts';
import { RequestBatcher } from '../../src/prover/request-batcher.ts';
import type { CertifiedAnswer, ValidatorOutcome } from '../../src/runtime/validator.ts';
import { type SubjectOutcome, submitMany } from '../../src/validation/submit-many.ts';
import { newLedger } from '../ledger/fixtures.ts';
import {
  chainId,
  ingredientsOf,
  requirements as profile,
  subjectOf,
  testNode,
} from '../proofs/fixtures.ts';

const node = testNode(1);
const requirements = { ...profile, minimumComputeBits: 2 };

function world(outcomeOf?: (operation: Uint8Array) => ValidatorOutcome | null) {
  const ledger = newLedger({ requirements });
  const due: (() => void)[] = [];
  const submitted = new Set<Uint8Array>();
  const learned: CertifiedAnswer[] = [];
  let sequence = 0;
  let executed = 0;
  const answers = new Map<Uint8Array, Uint8Array>();
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
    maxRequests: 8,
  });
  const asker = {
    prover: {
      draft(subject: CertificateSubject, done: (draft: RequestDraft | null) => void) {
        if (subject.requestId === 'stranger') return done(null);
        const { beacon, timeMs: timestamp } = ledger;
        const made = ingredientsOf(node, {
          subject,
          beacon,
          timestamp,
          sequence: ++sequence,
          requirements,
          stakeAmount: subject.requestId === 'poor' ? 1 : 100,
        });
        done({ subject, proofs: makeOwnProofs(made) });
      },
      learn: (certified: CertifiedAnswer) => void learned.push(certified),
    },
    batcher,
    validator: {
      submit(operation: Uint8Array, done: (outcome: ValidatorOutcome) => void) {
        submitted.add(operation);
        const other = outcomeOf?.(operation) ?? null;
        if (other !== null) return done(other);
        const result =
          answers.get(operation) ??
          (ledger.execute(++executed, 0, [operation]).results[0] as Uint8Array);
        answers.set(operation, result);
        done({ type: 'certified', certified: { answer: { result } } as CertifiedAnswer });
      },
    },
  };
  const told = new Map<number, SubjectOutcome>();
  const ask = (ids: readonly string[]) => {
    const subjects = ids.map((requestId) => subjectOf(node, { requestId }));
    submitMany(asker, subjects, (index, outcome) => told.set(index, outcome));
    for (let next = due.shift(); next !== undefined; next = due.shift()) next();
    return ids.map((_, index) => told.get(index));
  };
  return { ask, submitted, learned };
}

describe('many subjects', () => {
  test('are asked for together, and each is told its own decision', () => {
    const { ask, submitted, learned } = world();
    const outcomes = ask(['a', 'b', 'poor', 'd']);
    const seen = outcomes.map((each) =>
      each?.type === 'decided' ? `${each.decision.requestId} ${each.decision.status}` : each?.type,
    );
    expect(seen).toEqual(['a valid', 'b valid', 'poor invalid', 'd valid']);
    expect(submitted.size).toBe(1);
    expect(learned).toHaveLength(4);
  });

  test('beyond one batch follow when those before them are settled', () => {
    const { ask, submitted } = world();
    const outcomes = ask(Array.from({ length: 20 }, (_, i) => `r${i}`));
    expect(outcomes.map((each) => each?.type)).toEqual(Array(20).fill('decided'));
    expect(submitted.size).toBe(3);
  });

  test('are told what became of them when nobody decides, and hold up nobody after them', () => {
    let first = true;
    const { ask } = world(() => (first ? { type: 'timeout' } : null));
    expect(ask(['a', 'b']).map((each) => each?.type)).toEqual(['timeout', 'timeout']);
    first = false;
    expect(ask(['c', 'stranger']).map((each) => each?.type)).toEqual(['decided', 'notEnrolled']);
  });
});
