import { type Decoded, decode, type Reader, Writer } from '../../base/codec.ts';
import type { Digest } from '../../base/digest.ts';
import { readTbs } from '../certificate-reader.ts';
import { readElement } from '../der-reader.ts';
import { octetString, tags } from '../der-writer.ts';
import { oids } from '../fields.ts';
import { type LeafContent, signedByTimestamp } from './entry.ts';
import { isSignedByLog, type LogKey, readSignature, writeSignature } from './log-key.ts';

/** A signed certificate timestamp (§3.2): the log's promise that the entry is in its tree. */
export interface Sct {
  readonly logId: Digest;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
  /** ECDSA in DER. */
  readonly signature: Uint8Array;
}

export function signSct(key: LogKey, content: LeafContent): Sct {
  const { timestampMs } = content;
  return { logId: key.logId, timestampMs, signature: key.sign(signedByTimestamp(content)) };
}

/** True when the log with this key promised exactly this entry, at the SCT's own time. */
export function verifySct(
  logPublicKey: Uint8Array,
  sct: Sct,
  content: Omit<LeafContent, 'timestampMs'>,
): boolean {
  const { timestampMs, signature } = sct;
  return isSignedByLog(logPublicKey, signedByTimestamp({ ...content, timestampMs }), signature);
}

/** §3.2, TLS encoding: version 1, no extensions. */
export function encodeSct(sct: Sct): Uint8Array {
  const writer = new Writer().u8(0).digest(sct.logId).u53(sct.timestampMs).u16(0);
  return writeSignature(writer, sct.signature).finish();
}

/** The last moment a Date can hold (ECMA-262 §21.4.1.1). */
const maxTimeMs = 8.64e15;

function readSct(reader: Reader): Sct {
  if (reader.u8('SCT version') !== 0) reader.fail('SCT version: not 1');
  const logId = reader.digest('log id');
  const timestampMs = reader.u53('SCT timestamp');
  if (timestampMs > maxTimeMs) reader.fail('SCT timestamp: no date');
  if (reader.u16('SCT extensions') !== 0) reader.fail('SCT extensions: not empty');
  return { logId, timestampMs, signature: readSignature(reader) };
}

export function decodeSct(bytes: Uint8Array): Decoded<Sct> {
  return decode(bytes, readSct);
}

/** The value of the extension (§3.3): an OCTET STRING around the TLS list, here of one. */
export function encodeSctList(sct: Sct): Uint8Array {
  const one = encodeSct(sct);
  return octetString(
    new Writer()
      .u16(one.length + 2)
      .u16(one.length)
      .fixed(one)
      .finish(),
  );
}

/** Reads what {@link encodeSctList} writes: exactly one SCT, each byte accounted for. */
export function decodeSctList(value: Uint8Array): Decoded<Sct> {
  const octets = readElement(value, tags.octetString);
  if (octets === null) return { ok: false, reason: 'SCT list: no OCTET STRING' };
  return decode(octets.content, (reader) => {
    const all = reader.u16('SCT list');
    if (all !== reader.remaining) reader.fail(`SCT list: ${all} bytes, found ${reader.remaining}`);
    const one = reader.u16('SCT');
    if (one !== reader.remaining) reader.fail('SCT list: not one SCT');
    return readSct(reader);
  });
}

/** The promise in a to-be-signed certificate; null when there is none that can be read. */
export function sctOf(tbs: Uint8Array): Sct | null {
  const found = readTbs(tbs)?.extensions.find(({ oid }) => oid === oids.signedTimestamps);
  const decoded = found === undefined ? null : decodeSctList(found.value);
  return decoded?.ok ? decoded.value : null;
}
