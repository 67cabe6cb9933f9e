import { type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import { requestDigest } from '../pbft/envelope.ts';
import { limits as protocolLimits } from '../pbft/limits.ts';
import type { Requirements } from '../proofs/request.ts';
import { limits } from './limits.ts';
import { ownPart, wholeOf } from './own-part.ts';
import { SharedAnswer } from './shared-answer.ts';

/** Who asked for what: the same again gets the same certificate, another under one id nothing. */
export interface RequestKey {
  readonly requestId: string;
  /** 32 bytes. */
  readonly nodeId: Uint8Array;
  /** Of the checked request: key and names. */
  readonly fingerprint: Digest;
  readonly requirements: Requirements | null;
}

/** On disk before the operation leaves: a vote that comes back later finds what it was on. */
export interface DraftRecord extends RequestKey {
  readonly tbs0: Uint8Array;
  readonly operation: Uint8Array;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** On disk before any signature: after a crash the same bytes are signed, and no others. */
export interface IntentRecord extends RequestKey {
  readonly tbs: Uint8Array;
  readonly answer: SharedAnswer;
  /** The log's size then: if the precertificate got into it before a crash, it is behind these. */
  readonly logSize: number;
}

/** On disk before the certificate is handed out. */
export interface IssuedRecord extends RequestKey {
  readonly certificate: Uint8Array;
  readonly answer: SharedAnswer;
  /** Of the entry that the certificate's SCT promises. */
  readonly logIndex: number;
}

/** Keys of the journal: one serial (hex) has at most one record of each kind. */
export const recordKeys = {
  draft: (serial: string): string => `draft/${serial}`,
  intent: (serial: string): string => `intent/${serial}`,
  issued: (serial: string): string => `issued/${serial}`,
  /** What several drafts asked for, by `requestDigest`, and what several certificates rest on. */
  operation: (id: Digest): string => `operation/${id}`,
  answer: (id: Digest): string => `answer/${id}`,
  /** How large the log has been: it must never be found smaller. */
  logSize: 'log/size',
} as const;

/** The half-open range that holds exactly `key`: a space is the first character keys may have. */
export function onlyKey(key: string): { readonly from: string; readonly to: string } {
  return { from: key, to: `${key} ` };
}

/** What records only name, because others share it. */
export interface SharedRecords {
  readonly operations: ReadonlyMap<Digest, Uint8Array>;
  readonly answers: ReadonlyMap<Digest, SharedAnswer>;
}

/** In the octet of flags. */
const hasRequirements = 1;
/** Operation or answer have a record of their own; before there were any, they stood here. */
const isSharing = 2;

function writeKey(writer: Writer, key: RequestKey): Writer {
  writer.text(key.requestId).fixed(key.nodeId).digest(key.fingerprint);
  const { requirements } = key;
  writer.u8(isSharing | (requirements === null ? 0 : hasRequirements));
  if (requirements !== null) {
    writer.u53(requirements.minimumStake).u53(requirements.maxTimeOffsetMs);
    writer.u53(requirements.minimumStorageBytes).u8(requirements.minimumComputeBits);
  }
  return writer;
}

function readKey(reader: Reader): { readonly key: RequestKey; readonly shares: boolean } {
  const requestId = reader.text(64, 'requestId');
  const nodeId = reader.fixed(32, 'nodeId').slice();
  const fingerprint = reader.digest('fingerprint');
  const flags = reader.u8('flags');
  if (flags > (hasRequirements | isSharing)) reader.fail(`flags: ${flags}`);
  const requirements =
    (flags & hasRequirements) === 0
      ? null
      : {
          minimumStake: reader.u53('minimumStake'),
          maxTimeOffsetMs: reader.u53('maxTimeOffsetMs'),
          minimumStorageBytes: reader.u53('minimumStorageBytes'),
          minimumComputeBits: reader.u8('minimumComputeBits'),
        };
  const shares = (flags & isSharing) !== 0;
  return { key: { requestId, nodeId, fingerprint, requirements }, shares };
}

/** Bytes that hold the body of an answer: where it stood, what is their own, and which it is. */
function writeSharing(writer: Writer, whole: Uint8Array, { id, body }: SharedAnswer): Writer {
  const { rest, at } = ownPart(whole, body);
  return writer.bytes(rest).u32(at).digest(id);
}

function readSharing(
  reader: Reader,
  what: string,
  shares: boolean,
  { answers }: SharedRecords,
): { readonly whole: Uint8Array; readonly answer: SharedAnswer } {
  const rest = reader.bytes(limits.certificateBytes, what);
  if (!shares) {
    const answer = SharedAnswer.ofProofFile(reader.text(limits.proofJsonBytes, 'proofJson'));
    return { whole: rest, answer: answer ?? reader.fail('proofJson: no proof file') };
  }
  const at = reader.u32('at');
  if (at > rest.length) reader.fail(`at: ${at} of ${rest.length} bytes`);
  const id = reader.digest('answer');
  const answer = answers.get(id) ?? reader.fail(`answer: no record of ${id.slice(0, 8)}`);
  return { whole: wholeOf({ rest, at }, answer.body), answer };
}

export function encodeDraft(record: DraftRecord): Uint8Array {
  const writer = writeKey(new Writer(), record).bytes(record.tbs0);
  return writer.digest(requestDigest(record.operation)).u53(record.startedAtMs).finish();
}

export function decodeDraft(bytes: Uint8Array, shared: SharedRecords): Decoded<DraftRecord> {
  return decode(bytes, (reader) => {
    const { key, shares } = readKey(reader);
    const tbs0 = reader.bytes(limits.certificateBytes, 'tbs0');
    const operation = shares
      ? shared.operations.get(reader.digest('operation'))
      : reader.bytes(protocolLimits.operationBytes, 'operation');
    const startedAtMs = reader.u53('startedAtMs');
    if (operation === undefined) return reader.fail('operation: no record of it');
    return { ...key, tbs0, operation, startedAtMs };
  });
}

export function encodeIntent(record: IntentRecord): Uint8Array {
  const writer = writeSharing(writeKey(new Writer(), record), record.tbs, record.answer);
  return writer.u53(record.logSize).finish();
}

export function decodeIntent(bytes: Uint8Array, shared: SharedRecords): Decoded<IntentRecord> {
  return decode(bytes, (reader) => {
    const { key, shares } = readKey(reader);
    const { whole: tbs, answer } = readSharing(reader, 'tbs', shares, shared);
    return { ...key, tbs, answer, logSize: reader.u53('logSize') };
  });
}

export function encodeIssued(record: IssuedRecord): Uint8Array {
  const writer = writeSharing(writeKey(new Writer(), record), record.certificate, record.answer);
  return writer.u53(record.logIndex).finish();
}

export function decodeIssued(bytes: Uint8Array, shared: SharedRecords): Decoded<IssuedRecord> {
  return decode(bytes, (reader) => {
    const { key, shares } = readKey(reader);
    const { whole: certificate, answer } = readSharing(reader, 'certificate', shares, shared);
    return { ...key, certificate, answer, logIndex: reader.u53('logIndex') };
  });
}

export function encodeLogSize(size: number): Uint8Array {
  return new Writer(8).u53(size).finish();
}

export function decodeLogSize(bytes: Uint8Array): Decoded<number> {
  return decode(bytes, (reader) => reader.u53('log size'));
}
