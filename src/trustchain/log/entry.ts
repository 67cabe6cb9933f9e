import { type Decoded, decode, type Reader, Writer } from '../../base/codec.ts';
import type { Digest } from '../../base/digest.ts';
import { onceForEach } from '../../base/memo.ts';
import { leafHash } from '../../base/merkle.ts';
import { readSigned } from '../certificate-reader.ts';
import { limits } from '../limits.ts';
import { promisedTbs } from './precertificate.ts';

/** RFC 6962 §3.1 LogEntryType: this log takes precertificates alone. */
const precertEntry = 1;
/** §3.2: the one version, v1, and the one extension list, empty. */
const v1 = 0;
/** §3.2 SignatureType. */
const certificateTimestamp = 0;
/** §3.4 MerkleLeafType: timestamped_entry. */
const treeLeaf = 0;

/** What a leaf of the tree commits to, and an SCT promises: §3.2 PreCert at a time. */
export interface LeafContent {
  /** Milliseconds since 1970: of the SCT. */
  readonly timestampMs: number;
  /** SHA-256 of the issuer's SubjectPublicKeyInfo. */
  readonly issuerKeyHash: Digest;
  /** The to-be-signed certificate without poison and SCT list, DER. */
  readonly tbs: Uint8Array;
}

/** What the log keeps of one certificate. */
export interface LogEntry extends LeafContent {
  /** The precertificate as it was signed, DER: what shows that the authority meant it. */
  readonly precertificate: Uint8Array;
}

/** TLS presentation language (RFC 8446 §3.4): a vector with its length in three octets. */
function vector24(writer: Writer, bytes: Uint8Array): Writer {
  return writer
    .u8(bytes.length >>> 16)
    .u16(bytes.length & 0xffff)
    .fixed(bytes);
}

/** What a timestamped entry takes beside the certificate, and a little more. */
const besideTbsBytes = 64;

function timestampedEntry(type: number, content: LeafContent): Writer {
  const writer = new Writer(content.tbs.length + besideTbsBytes).u8(v1).u8(type);
  writer.u53(content.timestampMs).u16(precertEntry).digest(content.issuerKeyHash);
  return vector24(writer, content.tbs).u16(0);
}

/** §3.4 MerkleTreeLeaf: what `leaf_input` of get-entries holds. */
export function encodeLeaf(content: LeafContent): Uint8Array {
  return timestampedEntry(treeLeaf, content).finish();
}

/** §2.1: under which hash the tree holds it. */
export const leafHashOf = onceForEach((content: LeafContent): Uint8Array => {
  return timestampedEntry(treeLeaf, content).finishWith(leafHash);
});

/** §3.2: what the log's signature in an SCT is over. */
export function signedByTimestamp(content: LeafContent): Uint8Array {
  return timestampedEntry(certificateTimestamp, content).finishBrief();
}

/** §4.6 PrecertChainEntry: what `extra_data` of get-entries holds. */
export function encodeExtraData(
  precertificate: Uint8Array,
  chain: readonly Uint8Array[],
): Uint8Array {
  const certificates = new Writer();
  for (const certificate of chain) vector24(certificates, certificate);
  return vector24(vector24(new Writer(), precertificate), certificates.finish()).finish();
}

/** An entry as the log's storage keeps it: the rest follows from the precertificate. */
export function encodeEntry(entry: LogEntry): Uint8Array {
  const writer = new Writer(entry.precertificate.length + 64).u53(entry.timestampMs);
  return writer.digest(entry.issuerKeyHash).bytes(entry.precertificate).finish();
}

export function decodeEntry(bytes: Uint8Array): Decoded<LogEntry> {
  return decode(bytes, (reader: Reader) => {
    const timestampMs = reader.u53('timestampMs');
    const issuerKeyHash = reader.digest('issuerKeyHash');
    const precertificate = reader.bytes(limits.certificateBytes, 'precertificate');
    const signed = readSigned(precertificate);
    const tbs = signed === null ? null : promisedTbs(signed.toBeSigned);
    if (tbs === null) return reader.fail('precertificate: no X.509 certificate in DER');
    return { timestampMs, issuerKeyHash, tbs, precertificate };
  });
}
