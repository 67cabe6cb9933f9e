import type { KeyObject } from 'node:crypto';
import { Attributes, CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { id_ecdsaWithSHA256, id_ecdsaWithSHA384, id_ecdsaWithSHA512 } from '@peculiar/asn1-ecc';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  Attribute,
  BasicConstraints,
  Extension,
  Extensions,
  id_ce_basicConstraints,
  id_ce_subjectAltName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
} from '@peculiar/asn1-x509';
import { equalBytes } from '../base/bytes.ts';
import { hasSmallOrder, isCanonicalPoint } from '../base/ed25519-points.ts';
import { parseAsn1, parseDer, toBuffer, toDer } from './der.ts';
import { algorithmIdentifier, generalNames, oids, publicKeyBits, subjectName } from './fields.ts';
import { importPublicKey, type SigningKey, verifyWith } from './keys.ts';
import { limits } from './limits.ts';
import { fromPem, toPem } from './pem.ts';
import { type Checked, type Refusal, refuse } from './refusal.ts';
import { weakModulus } from './weak-rsa.ts';

/** Keys that are certified. `ec`: P-256, P-384 or P-521. */
export type KeyType = 'ec' | 'rsa' | 'ed25519';

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

const extensionRequest = '1.2.840.113549.1.9.14';
const commonNameType = '2.5.4.3';
/** Signature algorithms a request may be signed with, each with the hash node wants to hear of. */
const algorithms: Readonly<Record<string, { keyType: KeyType; hash: string | null }>> = {
  [id_ecdsaWithSHA256]: { keyType: 'ec', hash: 'sha256' },
  [id_ecdsaWithSHA384]: { keyType: 'ec', hash: 'sha384' },
  [id_ecdsaWithSHA512]: { keyType: 'ec', hash: 'sha512' },
  '1.2.840.113549.1.1.11': { keyType: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { keyType: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { keyType: 'rsa', hash: 'sha512' },
  '1.3.101.112': { keyType: 'ed25519', hash: null },
};

/** As node names them: FIPS 186-5 curves. */
const curves: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];

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
  const request = parseDer(CertificationRequest, der);
  const signed = request?.certificationRequestInfoRaw;
  if (request === null || signed === undefined) {
    return refuse('malformed', 'not a PKCS #10 request in DER');
  }
  const key = checkKey(request.certificationRequestInfo.subjectPKInfo);
  if (!key.ok) return key;
  const { keyType, object, publicKey } = key.value;
  const algorithm = algorithms[request.signatureAlgorithm.algorithm];
  if (algorithm === undefined || algorithm.keyType !== keyType) {
    const found = request.signatureAlgorithm.algorithm;
    return refuse('badSignature', `algorithm ${found} is none this authority takes for ${keyType}`);
  }
  const signature = new Uint8Array(request.signature);
  if (!verifyWith(object, algorithm.hash, new Uint8Array(signed), signature)) {
    return refuse('badSignature', 'the request is not signed by the key it names');
  }
  return readNames(request.certificationRequestInfo, publicKey, keyType);
}

/** Old Windows tools write NEW in front; both labels are in use (RFC 7468 §7). */
function readPem(text: string): Uint8Array | null {
  return fromPem('CERTIFICATE REQUEST', text) ?? fromPem('NEW CERTIFICATE REQUEST', text);
}

interface CheckedKey {
  readonly publicKey: Uint8Array;
  readonly keyType: KeyType;
  readonly object: KeyObject;
}

function checkKey(info: SubjectPublicKeyInfo): Checked<CheckedKey> {
  const publicKey = toDer(info);
  const object = importPublicKey(publicKey);
  if (object === null) return refuse('unsupportedKey', 'the public key is not readable');
  const exported = object.export({ format: 'der', type: 'spki' });
  if (!equalBytes(publicKey, exported)) {
    return refuse('unsupportedKey', 'the public key is not in its one DER encoding');
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = object;
  if (type === 'ec' && curves.includes(details?.namedCurve)) {
    // Uncompressed points only (RFC 5480 §2.2).
    if (publicKeyBits(publicKey)[0] !== 4)
      return refuse('unsupportedKey', 'the point is compressed');
    return { ok: true, value: { publicKey, keyType: 'ec', object } };
  }
  if (type === 'ed25519') {
    const point = publicKeyBits(publicKey);
    if (hasSmallOrder(point) || !isCanonicalPoint(point)) {
      return refuse('weakKey', 'an Ed25519 point of small order: anybody can sign for it');
    }
    return { ok: true, value: { publicKey, keyType: 'ed25519', object } };
  }
  if (type !== 'rsa') {
    const found = details?.namedCurve ?? type;
    return refuse('unsupportedKey', `${found}: P-256, P-384, P-521, RSA and Ed25519 are taken`);
  }
  const refusal = rsaRefusal(object);
  if (refusal !== null) return { ok: false, refusal };
  return { ok: true, value: { publicKey, keyType: 'rsa', object } };
}

function rsaRefusal(object: KeyObject): Refusal | null {
  const { modulusLength = 0, publicExponent = 0n } = object.asymmetricKeyDetails ?? {};
  const { rsaMinBits, rsaMaxBits } = limits;
  if (modulusLength < rsaMinBits) {
    return { code: 'weakKey', detail: `RSA with ${modulusLength} bits, at least ${rsaMinBits}` };
  }
  if (modulusLength > rsaMaxBits) {
    return { code: 'tooLarge', detail: `RSA with ${modulusLength} bits, at most ${rsaMaxBits}` };
  }
  // FIPS 186-5 §A.1.1: odd, 2^16 < e < 2^256.
  if (publicExponent % 2n === 0n || publicExponent <= 65536n || publicExponent >= 2n ** 256n) {
    const detail = `RSA exponent ${publicExponent}, at least 65537, odd and below 2^256`;
    return { code: 'weakKey', detail };
  }
  const { n = '' } = object.export({ format: 'jwk' });
  const weakness = weakModulus(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`));
  return weakness === null ? null : { code: 'weakKey', detail: `RSA: ${weakness}` };
}

function readNames(
  info: CertificationRequestInfo,
  publicKey: Uint8Array,
  keyType: KeyType,
): Checked<ParsedCsr> {
  const commonNames: string[] = [];
  for (const relative of info.subject) {
    for (const { type, value } of relative) {
      if (type === commonNameType) commonNames.push(value.toString());
    }
  }
  if (commonNames.length > 1) return refuse('unsupportedName', 'more than one common name');
  const extensions = requestedExtensions(info);
  if (extensions === null) return refuse('malformed', 'the extension request is not readable');
  const strange = extensions.find(
    ({ critical, extnID }) => critical && !knownRequests.includes(extnID),
  );
  if (strange !== undefined) {
    return refuse('unsupportedExtension', `${strange.extnID} is asked for as critical`);
  }
  const constraints = extensions.find(({ extnID }) => extnID === id_ce_basicConstraints);
  if (constraints !== undefined) {
    const value = parseAsn1(BasicConstraints, new Uint8Array(constraints.extnValue.buffer));
    if (value === null) return refuse('malformed', 'basicConstraints is not readable');
    if (value.cA) return refuse('authorityRequested', 'the request is for a CA certificate');
  }
  const alternative = extensions.find(({ extnID }) => extnID === id_ce_subjectAltName);
  const dnsNames: string[] = [];
  const ipAddresses: string[] = [];
  if (alternative !== undefined) {
    const names = parseAsn1(SubjectAlternativeName, new Uint8Array(alternative.extnValue.buffer));
    if (names === null) return refuse('malformed', 'subjectAltName is not readable');
    for (const name of names) {
      if (name.dNSName !== undefined) dnsNames.push(name.dNSName);
      else if (name.iPAddress !== undefined) ipAddresses.push(name.iPAddress);
      else return refuse('unsupportedName', 'only DNS names and IP addresses are certified');
    }
  }
  const commonName = commonNames[0] ?? null;
  return { ok: true, value: { publicKey, keyType, commonName, dnsNames, ipAddresses } };
}

/** Extensions the requester wishes for; null when they are not readable or asked for twice. */
function requestedExtensions(info: CertificationRequestInfo): readonly Extension[] | null {
  const wishes = info.attributes.filter(({ type }) => type === extensionRequest);
  const wish = wishes[0];
  if (wish === undefined) return [];
  const value = wish.values[0];
  if (wishes.length > 1 || wish.values.length !== 1 || value === undefined) return null;
  const extensions = parseAsn1(Extensions, new Uint8Array(value));
  if (extensions === null) return null;
  const kinds = new Set(extensions.map(({ extnID }) => extnID));
  return kinds.size === extensions.length ? extensions : null;
}

/** A request for `key`, signed by it: what TrustChain's clients send. PEM. */
export function makeCsr(wish: {
  readonly key: SigningKey;
  readonly commonName: string | null;
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
}): string {
  const names = generalNames(wish.dnsNames, wish.ipAddresses ?? []);
  const extensions = new Extensions([
    new Extension({
      extnID: id_ce_subjectAltName,
      extnValue: new OctetString(toDer(new SubjectAlternativeName(names))),
    }),
  ]);
  const attribute = new Attribute({
    type: extensionRequest,
    values: [toBuffer(toDer(extensions))],
  });
  const info = new CertificationRequestInfo({
    subject: subjectName(wish.commonName),
    subjectPKInfo: AsnConvert.parse(wish.key.publicKey, SubjectPublicKeyInfo),
    attributes: new Attributes(names.length === 0 ? [] : [attribute]),
  });
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: algorithmIdentifier(wish.key.algorithm),
    signature: toBuffer(wish.key.sign(toDer(info))),
  });
  return toPem('CERTIFICATE REQUEST', toDer(request));
}
