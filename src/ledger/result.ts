import { type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import { type Digest, digestBytes } from '../base/digest.ts';
import { publicKeyBytes } from '../base/signature.ts';
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
  /** The plot with this root now stands for its node's space. */
  | (Answered & { readonly type: 'registered'; readonly root: Digest })
  | (Answered & { readonly type: 'accepted' })
  | (Answered & { readonly type: 'refused'; readonly reason: string });

const resultTypes = ['validation', 'registered', 'accepted', 'refused'] as const;
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
  if (result.type === 'registered') writer.digest(result.root);
  if (result.type === 'refused') writer.text(result.reason);
  return writer.finish();
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
    type: 'validation',
    ...answered,
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

/** Lengths that bound an encoded result: digests, times and at most this much text. */
export const maxResultBytes =
  4 * digestBytes + publicKeyBytes + 64 + (limits.failures * 3 + 9) * (limits.reasonBytes + 4);
