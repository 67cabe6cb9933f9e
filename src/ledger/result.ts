import { type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import { onceForEach } from '../base/memo.ts';
import { publicKeyBytes } from '../base/signature.ts';
import { limits as protocolLimits } from '../pbft/limits.ts';
import type { Answer } from '../pbft/messages.ts';
import { limits as proofLimits } from '../proofs/limits.ts';
import type { Beacon, FailedProof, Measure, ProofFailure, ProofName } from '../proofs/request.ts';
import { readBeacon, writeBeacon } from '../proofs/request-codec.ts';
import { limits } from './limits.ts';

/** What every answer says, so that each one also brings the newest beacon and the agreed time. */
export interface Answered {
  /** `requestDigest` of the operation answered: the leaf under the results root names it. */
  readonly operation: Digest;
  /** Agreed time of the batch, milliseconds since 1970. */
  readonly decidedAtMs: number;
  readonly beacon: Beacon;
  /** Bits of work that the cluster asks of a request made for this beacon. */
  readonly computeBits: number;
}

export interface ValidationResult extends Answered {
  readonly type: 'validation';
  readonly requestId: string;
  readonly nodeId: Uint8Array;
  readonly requestHash: Digest;
  readonly tbsDigest: Digest | null;
  readonly status: 'valid' | 'invalid';
  /** Every broken rule, cheap checks first; empty exactly when valid. */
  readonly failures: readonly ProofFailure[];
  readonly measured: Readonly<Record<ProofName, Measure>>;
}

export type OperationResult =
  | ValidationResult
  /** One decision on each request of a batch, in its order. */
  | (Answered & { readonly type: 'validations'; readonly decisions: readonly ValidationResult[] })
  /** The plot with this root now stands for its node's space. */
  | (Answered & { readonly type: 'registered'; readonly root: Digest })
  | (Answered & { readonly type: 'accepted' })
  | (Answered & { readonly type: 'refused'; readonly reason: string });

/** The decisions on requests in a result: one, those on a batch, or none. */
export function decisionsIn(result: OperationResult): readonly ValidationResult[] {
  if (result.type === 'validation') return [result];
  return result.type === 'validations' ? result.decisions : [];
}

const resultTypes = ['validation', 'registered', 'accepted', 'refused', 'validations'] as const;
const proofNames = ['space', 'stake', 'work', 'time'] as const satisfies readonly ProofName[];
const failedProofs = [
  ...proofNames,
  'signature',
  'replay',
] as const satisfies readonly FailedProof[];

export function encodeResult(result: OperationResult): Uint8Array {
  const writer = new Writer(512)
    .u8(resultTypes.indexOf(result.type))
    .digest(result.operation)
    .u53(result.decidedAtMs);
  writeBeacon(writer, result.beacon);
  writer.u8(result.computeBits);
  if (result.type === 'validation') writeValidation(writer, result);
  if (result.type === 'validations') {
    writer.list(result.decisions, (w, decision) => writeValidation(w, brief(decision)));
  }
  if (result.type === 'registered') writer.digest(result.root);
  if (result.type === 'refused') writer.text(result.reason);
  return writer.finishBrief();
}

/**
 * All decisions of a batch are one result, so each says less: of every proof that failed the first
 * fault alone.
 */
function brief(decision: ValidationResult): ValidationResult {
  const { failures } = decision;
  if (failures.length === 0) return decision;
  const first = failures.filter(
    ({ proof }, i) => failures.findIndex((other) => other.proof === proof) === i,
  );
  return {
    ...decision,
    failures: first.map(({ proof, reason, measured, required }) => {
      return { proof, reason, measured: cut(measured), required: cut(required) };
    }),
  };
}

function cut(text: string): string {
  const { batchedTextChars } = limits;
  return text.length <= batchedTextChars ? text : `${text.slice(0, batchedTextChars - 3)}...`;
}

function writeValidation(writer: Writer, result: ValidationResult): void {
  writer.text(result.requestId).fixed(result.nodeId).digest(result.requestHash);
  writer.u8(result.tbsDigest === null ? 0 : 1);
  if (result.tbsDigest !== null) writer.digest(result.tbsDigest);
  writer.list(result.failures, (w, { proof, reason, measured, required }) =>
    w.u8(failedProofs.indexOf(proof)).text(reason).text(measured).text(required),
  );
  for (const name of proofNames) {
    const { measured, required } = result.measured[name];
    writer.text(measured).text(required);
  }
}

export function decodeResult(bytes: Uint8Array): Decoded<OperationResult> {
  return decode(bytes, readResult);
}

const decodedOnce = onceForEach(decodeResult);

/** As {@link decodeResult}, once for all who are answered by these bytes. */
export function resultIn({ result }: Pick<Answer, 'result'>): Decoded<OperationResult> {
  return decodedOnce(result);
}

function readResult(reader: Reader): OperationResult {
  const tag = reader.u8('type');
  const type = resultTypes[tag] ?? reader.fail(`type: ${tag} is no result`);
  const answered: Answered = {
    operation: reader.digest('operation'),
    decidedAtMs: reader.u53('decidedAtMs'),
    beacon: readBeacon(reader),
    computeBits: reader.u8('computeBits'),
  };
  if (type === 'validation') return readValidation(reader, answered);
  if (type === 'validations') {
    const decisions = reader.list(proofLimits.batchedRequests, 'decisions', (r) =>
      readValidation(r, answered),
    );
    return { type, ...answered, decisions };
  }
  if (type === 'registered') return { type, ...answered, root: reader.digest('root') };
  if (type === 'refused') return { type, ...answered, reason: readText(reader, 'reason') };
  return { type, ...answered };
}

function readValidation(reader: Reader, answered: Answered): ValidationResult {
  const requestId = readText(reader, 'requestId');
  const nodeId = reader.fixed(publicKeyBytes, 'nodeId');
  const requestHash = reader.digest('requestHash');
  const flag = reader.u8('tbsDigest');
  if (flag > 1) reader.fail(`tbsDigest: flag ${flag}, 0 or 1 wanted`);
  const tbsDigest = flag === 1 ? reader.digest('tbsDigest') : null;
  const failures = reader.list(limits.failures, 'failures', readFailure);
  const space = readMeasure(reader, 'space');
  const stake = readMeasure(reader, 'stake');
  const work = readMeasure(reader, 'work');
  const time = readMeasure(reader, 'time');
  return {
    ...answered,
    type: 'validation',
    requestId,
    nodeId,
    requestHash,
    tbsDigest,
    status: failures.length === 0 ? 'valid' : 'invalid',
    failures,
    measured: { space, stake, work, time },
  };
}

function readFailure(reader: Reader): ProofFailure {
  const tag = reader.u8('failures.proof');
  const proof = failedProofs[tag] ?? reader.fail(`failures.proof: ${tag} is no proof`);
  const reason = readText(reader, 'failures.reason');
  return { proof, reason, ...readMeasure(reader, 'failures') };
}

function readMeasure(reader: Reader, what: string): Measure {
  return {
    measured: readText(reader, `${what}.measured`),
    required: readText(reader, `${what}.required`),
  };
}

function readText(reader: Reader, what: string): string {
  return reader.text(limits.reasonBytes, what);
}

/** A result is as long as the protocol carries; every limit here keeps it below that. */
export const maxResultBytes = protocolLimits.resultBytes;
