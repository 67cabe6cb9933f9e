import { type Decoded, decode, type Reader, Writer } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
import { limits as protocolLimits } from '../pbft/limits.ts';
import type { Requirements } from '../proofs/request.ts';
import { limits } from './limits.ts';

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
  readonly proofJson: string;
  /** The log's size then: if the precertificate got into it before a crash, it is behind these. */
  readonly logSize: number;
}

/** On disk before the certificate is handed out. */
export interface IssuedRecord extends RequestKey {
  readonly certificate: Uint8Array;
  readonly proofJson: string;
  /** Of the entry that the certificate's SCT promises. */
  readonly logIndex: number;
}

/** Keys of the journal: one serial (hex) has at most one record of each kind. */
export const recordKeys = {
  draft: (serial: string): string => `draft/${serial}`,
  intent: (serial: string): string => `intent/${serial}`,
  issued: (serial: string): string => `issued/${serial}`,
  /** How large the log has been: it must never be found smaller. */
  logSize: 'log/size',
} as const;

/** The half-open range that holds exactly `key`: a space is the first character keys may have. */
export function onlyKey(key: string): { readonly from: string; readonly to: string } {
  return { from: key, to: `${key} ` };
}

function writeKey(writer: Writer, key: RequestKey): Writer {
  writer.text(key.requestId).fixed(key.nodeId).digest(key.fingerprint);
  const { requirements } = key;
  writer.u8(requirements === null ? 0 : 1);
  if (requirements !== null) {
    writer.u53(requirements.minimumStake).u53(requirements.maxTimeOffsetMs);
    writer.u53(requirements.minimumStorageBytes).u8(requirements.minimumComputeBits);
  }
  return writer;
}

function readKey(reader: Reader): RequestKey {
  const requestId = reader.text(64, 'requestId');
  const nodeId = reader.fixed(32, 'nodeId');
  const fingerprint = reader.digest('fingerprint');
  const flag = reader.u8('requirements');
  if (flag > 1) reader.fail(`requirements: flag ${flag}`);
  const requirements =
    flag === 0
      ? null
      : {
          minimumStake: reader.u53('minimumStake'),
          maxTimeOffsetMs: reader.u53('maxTimeOffsetMs'),
          minimumStorageBytes: reader.u53('minimumStorageBytes'),
          minimumComputeBits: reader.u8('minimumComputeBits'),
        };
  return { requestId, nodeId, fingerprint, requirements };
}

export function encodeDraft(record: DraftRecord): Uint8Array {
  const writer = writeKey(new Writer(), record);
  return writer.bytes(record.tbs0).bytes(record.operation).u53(record.startedAtMs).finish();
}

export function decodeDraft(bytes: Uint8Array): Decoded<DraftRecord> {
  return decode(bytes, (reader) => ({
    ...readKey(reader),
    tbs0: reader.bytes(limits.certificateBytes, 'tbs0'),
    operation: reader.bytes(protocolLimits.operationBytes, 'operation'),
    startedAtMs: reader.u53('startedAtMs'),
  }));
}

export function encodeIntent(record: IntentRecord): Uint8Array {
  const writer = writeKey(new Writer(), record).bytes(record.tbs).text(record.proofJson);
  return writer.u53(record.logSize).finish();
}

export function decodeIntent(bytes: Uint8Array): Decoded<IntentRecord> {
  return decode(bytes, (reader) => ({
    ...readKey(reader),
    tbs: reader.bytes(limits.certificateBytes, 'tbs'),
    proofJson: reader.text(limits.proofJsonBytes, 'proofJson'),
    logSize: reader.u53('logSize'),
  }));
}

export function encodeIssued(record: IssuedRecord): Uint8Array {
  const writer = writeKey(new Writer(), record).bytes(record.certificate).text(record.proofJson);
  return writer.u53(record.logIndex).finish();
}

export function decodeIssued(bytes: Uint8Array): Decoded<IssuedRecord> {
  return decode(bytes, (reader) => ({
    ...readKey(reader),
    certificate: reader.bytes(limits.certificateBytes, 'certificate'),
    proofJson: reader.text(limits.proofJsonBytes, 'proofJson'),
    logIndex: reader.u53('logIndex'),
  }));
}

export function encodeLogSize(size: number): Uint8Array {
  return new Writer(8).u53(size).finish();
}

export function decodeLogSize(bytes: Uint8Array): Decoded<number> {
  return decode(bytes, (reader) => reader.u53('log size'));
}
