import { decisionsIn, decodeResult, type ValidationResult } from '../ledger/result.ts';
import type { CertificateSubject } from '../proofs/request.ts';
import type { RequestDraft } from '../proofs/request-batch.ts';
import { requestHash } from '../proofs/request-codec.ts';
import type { NodeProver, RequestBatcher } from '../prover/index.ts';
import type { CertifiedAnswer, Validator, ValidatorOutcome } from '../runtime/validator.ts';

/** A node that is enrolled, what puts its requests together, and its way to the cluster. */
export interface Asker {
  readonly prover: Pick<NodeProver, 'draft' | 'learn'>;
  readonly batcher: Pick<RequestBatcher, 'add' | 'settle'>;
  readonly validator: Validator;
}

export type SubjectOutcome =
  | {
      readonly type: 'decided';
      readonly decision: ValidationResult;
      /** Of the whole batch, when there was one: a stranger finds this decision in it. */
      readonly certified: CertifiedAnswer;
    }
  /** A quorum answered, and decided nothing: `reason` is its word. */
  | { readonly type: 'undecided'; readonly reason: string }
  | { readonly type: 'notEnrolled' }
  | Exclude<ValidatorOutcome, { readonly type: 'certified' }>;

/**
 * Asks for a decision on each subject, under as few signatures as its batcher makes of them and of
 * what else it has. Calls back once for each, with its place in `subjects`.
 */
export function submitMany(
  asker: Asker,
  subjects: readonly CertificateSubject[],
  done: (index: number, outcome: SubjectOutcome) => void,
): void {
  for (const [index, subject] of subjects.entries()) {
    asker.prover.draft(subject, (draft) => {
      if (draft === null) return done(index, { type: 'notEnrolled' });
      submitDraft(asker, draft, (outcome) => done(index, outcome));
    });
  }
}

function submitDraft(
  { prover, batcher, validator }: Asker,
  draft: RequestDraft,
  done: (outcome: SubjectOutcome) => void,
): void {
  batcher.add(draft, (operation) => {
    // The same bytes for all of a batch: they share one flight.
    validator.submit(operation, (outcome) => {
      batcher.settle(draft);
      if (outcome.type !== 'certified') return done(outcome);
      const { certified } = outcome;
      prover.learn(certified);
      done(decisionOn(draft, certified));
    });
  });
}

function decisionOn({ subject }: RequestDraft, certified: CertifiedAnswer): SubjectOutcome {
  const result = decodeResult(certified.answer.result);
  if (!result.ok) return { type: 'undecided', reason: `result not readable: ${result.reason}` };
  const hash = requestHash(subject);
  const decision = decisionsIn(result.value).find((each) => each.requestHash === hash);
  if (decision !== undefined) return { type: 'decided', decision, certified };
  const { value } = result;
  const reason = value.type === 'refused' ? value.reason : `a result of type ${value.type}`;
  return { type: 'undecided', reason };
}
