import { oids } from '../fields.ts';
import { appendExtension, dropExtensions } from '../leaf.ts';
import { encodeSctList, type Sct } from './sct.ts';

/** ASN.1 NULL, the value of the poison (RFC 6962 §3.1). */
const poisonValue = Uint8Array.of(0x05, 0x00);

/**
 * The to-be-signed part of the precertificate of `tbs`: the poison is critical and unknown to
 * everybody, so that no precertificate is ever accepted (§3.1).
 */
export function poisoned(tbs: Uint8Array): Uint8Array {
  return appendExtension(tbs, oids.precertificatePoison, poisonValue, true);
}

/** The to-be-signed part of the final certificate: `tbs` and the log's promise. */
export function withSct(tbs: Uint8Array, sct: Sct): Uint8Array {
  return appendExtension(tbs, oids.signedTimestamps, encodeSctList(sct));
}

/**
 * What the log's promise is on (§3.2): the to-be-signed part of a precertificate or of a final
 * certificate, without poison and SCT list. Null when `tbs` is no TBSCertificate.
 */
export function promisedTbs(tbs: Uint8Array): Uint8Array | null {
  return dropExtensions(tbs, [oids.precertificatePoison, oids.signedTimestamps]);
}
