import type { Digest } from '../base/digest.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import { decodeResult, type ValidationResult } from '../ledger/result.ts';
import { idUsedReason } from '../ledger/validate.ts';
import type { NodeStatus } from '../node/status.ts';
import type { Requirements } from '../proofs/request.ts';
import type { CertifiedAnswer } from '../runtime/validator.ts';
import { echoRequirements, type RequirementsJson } from './wire/requirements-json.ts';
import {
  decidedResult,
  type Measured,
  undecidedResult,
  type ValidationResultJson,
} from './wire/validation-result.ts';

/** What a certified answer says to the one who asked over HTTP. */
export type Judgement =
  | { readonly type: 'decided'; readonly result: ValidationResultJson }
  /** No decision, though a quorum spoke. */
  | { readonly type: 'undecided'; readonly result: ValidationResultJson }
  /** The id was used before, at whichever node: the decision under it is another request's. */
  | { readonly type: 'conflict' };

export interface Judged {
  readonly requestId: string;
  readonly digest: Digest;
  readonly asked: RequirementsJson | undefined;
  readonly certified: CertifiedAnswer;
}

/** What this node knows when it judges. */
export interface JudgeOptions {
  readonly epochs: EpochChain;
  /** The cluster's profile. */
  readonly requirements: Requirements;
}

/** Members of the epoch that signed; 0 when it is none that this node knows. */
export function membersThatSigned(epochs: EpochChain, { certificate }: CertifiedAnswer): number {
  return epochs.at(certificate.statement.epoch)?.validators.publicKeys.length ?? 0;
}

/** Reads a certificate that the validator has checked; what it does not decide is an error. */
export function judgeAnswer(
  { requestId, digest, asked, certified }: Judged,
  { epochs, requirements }: JudgeOptions,
  measured: Measured,
  status: NodeStatus,
): Judgement {
  const about = { requestId, digest };
  if (status.byzantine > status.f) {
    const { byzantine, n, f } = status;
    const message = `${byzantine} of ${n} replicas are convicted or accused, ${f} are tolerated`;
    const result = undecidedResult(about, measured, { status: 'byzantine_detected', message });
    return { type: 'undecided', result };
  }
  const decided = readResult(digest, certified);
  if (typeof decided === 'string') {
    const error = { status: 'error', error_code: 'no_decision', message: decided } as const;
    return { type: 'undecided', result: undecidedResult(about, measured, error) };
  }
  if (decided.failures.some(({ reason }) => reason === idUsedReason)) return { type: 'conflict' };
  const n = membersThatSigned(epochs, certified);
  const minimumComputeBits = Math.max(requirements.minimumComputeBits, requiredBits(decided));
  const echo = echoRequirements(asked, { ...requirements, minimumComputeBits }, n);
  return { type: 'decided', result: decidedResult(about, certified, decided, echo, measured) };
}

/** The decision on this very operation, or why the result is none. */
function readResult(digest: Digest, { answer }: CertifiedAnswer): ValidationResult | string {
  const decoded = decodeResult(answer.result);
  if (!decoded.ok) return `result not readable: ${decoded.reason}`;
  const { value } = decoded;
  if (value.operation !== digest) return 'the result answers another operation';
  if (value.type === 'validation') return value;
  return value.type === 'refused' ? `refused: ${value.reason}` : value.type;
}

/** Work that was asked for at the price of the request's beacon, as the decision says. */
function requiredBits({ measured }: ValidationResult): number {
  return Number(/^(\d+) bits$/.exec(measured.work.required)?.[1] ?? 0);
}
