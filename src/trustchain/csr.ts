import type { ReadExtension } from './certificate-reader.ts';
import { readCsr } from './csr-reader.ts';
import { readInside } from './der-reader.ts';
import { bitString, element, integer, oid, sequence, tagged, tags } from './der-writer.ts';
import { extensionDer, generalNamesDer, nameDer, oids, signatureAlgorithm } from './fields.ts';
import { type SigningKey, verifyWith } from './keys.ts';
import { limits } from './limits.ts';
import { addressText } from './names.ts';
import { fromPem, toPem } from './pem.ts';
import { type Checked, refuse } from './refusal.ts';
import { checkKey, type KeyType } from './requester-key.ts';
import { signatureKindOf } from './signature-kinds.ts';

/** What a PKCS #10 request (RFC 2986) asks for; its holder has shown to own the key. */
export interface ParsedCsr {
  /** SubjectPublicKeyInfo, DER in its one encoding. */
  readonly publicKey: Uint8Array;
  readonly keyType: KeyType;
  readonly commonName: string | null;
  /** As written by the requester: policy normalises. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** Requests may mark these critical; what else they insist on, nobody here would give them. */
const knownRequests: readonly string[] = [
  oids.subjectAltName,
  oids.basicConstraints,
  oids.keyUsage,
  oids.extendedKeyUsage,
  oids.subjectKeyIdentifier,
];

/** Reads PEM or DER and checks all that can be checked without a policy. Never throws. */
export function parseCsr(input: string | Uint8Array): Checked<ParsedCsr> {
  if (input.length > limits.csrBytes * (typeof input === 'string' ? 2 : 1)) {
    return refuse('tooLarge', `${input.length} bytes, at most ${limits.csrBytes}`);
  }
  const der = typeof input === 'string' ? readPem(input) : input;
  if (der === null) return refuse('malformed', 'no PEM block CERTIFICATE REQUEST');
  if (der.length > limits.csrBytes) {
    return refuse('tooLarge', `${der.length} bytes, at most ${limits.csrBytes}`);
  }
  const request = readCsr(der);
  if (request === null) return refuse('malformed', 'not a PKCS #10 request in DER');
  const { publicKey } = request;
  const key = checkKey(publicKey);
  if (!key.ok) return key;
  const { keyType, object } = key.value;
  const kind = signatureKindOf(request.algorithm);
  if (kind === null || kind.keyType !== keyType) {
    return refuse('badSignature', `no algorithm that this authority takes for keys of ${keyType}`);
  }
  if (!verifyWith(object, kind.hash, request.signed, request.signature)) {
    return refuse('badSignature', 'the request is not signed by the key it names');
  }
  const [commonName = null, more] = request.commonNames;
  if (more !== undefined) return refuse('unsupportedName', 'more than one common name');
  if (request.extensions === null) {
    return refuse('malformed', 'the extension request is not readable');
  }
  const names = requestedNames(request.extensions);
  return names.ok ? { ok: true, value: { publicKey, keyType, commonName, ...names.value } } : names;
}

/** Old Windows tools write NEW in front; both labels are in use (RFC 7468 §7). */
function readPem(text: string): Uint8Array | null {
  return fromPem('CERTIFICATE REQUEST', text) ?? fromPem('NEW CERTIFICATE REQUEST', text);
}

type Names = Pick<ParsedCsr, 'dnsNames' | 'ipAddresses'>;

/** Names among the extensions wished for; or why these cannot be granted. */
function requestedNames(extensions: readonly ReadExtension[]): Checked<Names> {
  const strange = extensions.find((one) => one.critical && !knownRequests.includes(one.oid));
  if (strange !== undefined) {
    return refuse('unsupportedExtension', `${strange.oid} is asked for as critical`);
  }
  const constraints = extensions.find(({ oid }) => oid === oids.basicConstraints);
  if (constraints !== undefined) {
    const parts = readInside(constraints.value, tags.sequence);
    if (parts === null) return refuse('malformed', 'basicConstraints is not readable');
    const [flag] = parts;
    if (flag?.tag === tags.boolean && flag.content[0] !== 0) {
      return refuse('authorityRequested', 'the request is for a CA certificate');
    }
  }
  const dnsNames: string[] = [];
  const ipAddresses: string[] = [];
  const alternative = extensions.find(({ oid }) => oid === oids.subjectAltName);
  const names = alternative === undefined ? [] : readInside(alternative.value, tags.sequence);
  if (names === null) return refuse('malformed', 'subjectAltName is not readable');
  for (const { tag, content } of names) {
    if (tag === 0x82) dnsNames.push(Buffer.from(content).toString('latin1'));
    else if (tag === 0x87) ipAddresses.push(addressText(content));
    else return refuse('unsupportedName', 'only DNS names and IP addresses are certified');
  }
  return { ok: true, value: { dnsNames, ipAddresses } };
}

const extensionRequest = oid('1.2.840.113549.1.9.14');

/** A request for `key`, signed by it: what TrustChain's clients send. PEM. */
export function makeCsr(wish: {
  readonly key: SigningKey;
  readonly commonName: string | null;
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
}): string {
  const { key, dnsNames, ipAddresses = [] } = wish;
  const names = generalNamesDer(dnsNames, ipAddresses);
  const extensions = sequence(extensionDer(oids.subjectAltName, names));
  const attribute = sequence(extensionRequest, element(tags.set, extensions));
  const isNamed = dnsNames.length + ipAddresses.length > 0;
  const info = sequence(
    integer(0),
    nameDer(null, wish.commonName),
    key.publicKey,
    tagged(0, ...(isNamed ? [attribute] : [])),
  );
  const algorithm = signatureAlgorithm(key.algorithm);
  return toPem('CERTIFICATE REQUEST', sequence(info, algorithm, bitString(key.sign(info))));
}
