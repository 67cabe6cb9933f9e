import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { Attributes, CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  Attribute,
  BasicConstraints,
  type Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_subjectAltName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
} from '@peculiar/asn1-x509';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { parseCsr } from '../../src/trustchain/csr.ts';
import { toBuffer, toDer } from '../../src/trustchain/der.ts';
import { limits } from '../../src/trustchain/limits.ts';
import { fromPem, toPem } from '../../src/trustchain/pem.ts';
import { csrFor } from './fake-cluster.ts';
import { extension, subjectName } from './library-fields.ts';

const ecdsaSha256 = '1.2.840.10045.4.3.2';
const ecdsaSha384 = '1.2.840.10045.4.3.3';
const ecdsaSha512 = '1.2.840.10045.4.3.4';
const rsaSha256 = '1.2.840.113549.1.1.11';
const ed25519Oid = '1.3.101.112';

interface Wish {
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  readonly algorithm: string;
  readonly hash?: string | null;
  readonly extensions?: readonly Extension[];
  readonly commonName?: string | null;
}

/** A request of any kind, well signed: what other people's tools would send. */
function makeRequest(wish: Wish): Uint8Array {
  const spki = wish.publicKey.export({ format: 'der', type: 'spki' });
  const attribute = new Attribute({
    type: '1.2.840.113549.1.9.14',
    values: [toBuffer(toDer(new Extensions([...(wish.extensions ?? [])])))],
  });
  const info = new CertificationRequestInfo({
    subject: subjectName(wish.commonName === undefined ? 'a.mesh' : wish.commonName),
    subjectPKInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    attributes: new Attributes(wish.extensions === undefined ? [] : [attribute]),
  });
  const hash = wish.hash === undefined ? 'sha256' : wish.hash;
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: wish.algorithm }),
    signature: toBuffer(new Uint8Array(sign(hash, toDer(info), wish.key))),
  });
  return toDer(request);
}

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const ed = generateKeyPairSync('ed25519');
const smallPoint = createPublicKey({
  key: {
    kty: 'OKP',
    crv: 'Ed25519',
    x: Buffer.from([1, ...Array(31).fill(0)]).toString('base64url'),
  },
  format: 'jwk',
});
const rsa2048 = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 });
const rsaE3 = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
const good = { key: p256.privateKey, publicKey: p256.publicKey, algorithm: ecdsaSha256 };

function alternativeNames(...names: GeneralName[]): Extension {
  return extension(id_ce_subjectAltName, new SubjectAlternativeName(names));
}

test.each([
  ['P-256', good, 'ec'],
  [
    'P-384 and SHA-384',
    { key: p384.privateKey, publicKey: p384.publicKey, algorithm: ecdsaSha384, hash: 'sha384' },
    'ec',
  ],
  [
    'P-521 and SHA-512',
    { key: p521.privateKey, publicKey: p521.publicKey, algorithm: ecdsaSha512, hash: 'sha512' },
    'ec',
  ],
  [
    'RSA 2048',
    { key: rsa2048.privateKey, publicKey: rsa2048.publicKey, algorithm: rsaSha256 },
    'rsa',
  ],
  [
    'Ed25519',
    { key: ed.privateKey, publicKey: ed.publicKey, algorithm: ed25519Oid, hash: null },
    'ed25519',
  ],
] as const)('A request signed with %s is read', (_what, wish, keyType) => {
  const der = makeRequest(wish);
  const read = parseCsr(der);
  expect(read).toMatchObject({ ok: true, value: { keyType, commonName: 'a.mesh' } });
  expect(parseCsr(toPem('CERTIFICATE REQUEST', der))).toEqual(read);
});

test.each([
  [
    'a key that did not sign',
    'who cannot sign with a key gets no certificate for it',
    makeRequest({ ...good, key: other.privateKey }),
    'badSignature',
  ],
  [
    'an algorithm of another kind of key',
    'RSA\u2019s name over an ECDSA signature',
    makeRequest({ ...good, algorithm: rsaSha256 }),
    'badSignature',
  ],
  [
    'SHA-1',
    'collisions are cheap',
    makeRequest({ ...good, algorithm: '1.2.840.10045.4.1', hash: 'sha1' }),
    'badSignature',
  ],
  [
    'RSA 1024',
    'factored for some thousand dollars',
    makeRequest({ key: rsa1024.privateKey, publicKey: rsa1024.publicKey, algorithm: rsaSha256 }),
    'weakKey',
  ],
  [
    'RSA with exponent 3',
    'FIPS 186-5 asks for more than 2^16',
    makeRequest({ key: rsaE3.privateKey, publicKey: rsaE3.publicKey, algorithm: rsaSha256 }),
    'weakKey',
  ],
  [
    'secp256k1',
    'not a curve this authority takes',
    makeRequest({ key: k256.privateKey, publicKey: k256.publicKey, algorithm: ecdsaSha256 }),
    'unsupportedKey',
  ],
  [
    'an Ed25519 point of small order',
    'a signature for it is no secret',
    makeRequest({ key: ed.privateKey, publicKey: smallPoint, algorithm: ed25519Oid, hash: null }),
    'weakKey',
  ],
  [
    'a critical extension nobody knows',
    'it would not be in the certificate',
    makeRequest({ ...good, extensions: [extension('1.2.3.4', new Uint8Array([5, 0]), true)] }),
    'unsupportedExtension',
  ],
  [
    'the wish to be a CA',
    'leaves only',
    makeRequest({
      ...good,
      extensions: [extension(id_ce_basicConstraints, new BasicConstraints({ cA: true }))],
    }),
    'authorityRequested',
  ],
  [
    'an e-mail address',
    'nobody checked it',
    makeRequest({
      ...good,
      extensions: [alternativeNames(new GeneralName({ rfc822Name: 'a@a.mesh' }))],
    }),
    'unsupportedName',
  ],
  [
    'two lists of names',
    'which one counts?',
    makeRequest({
      ...good,
      extensions: [
        alternativeNames(new GeneralName({ dNSName: 'a.mesh' })),
        alternativeNames(new GeneralName({ dNSName: 'b.mesh' })),
      ],
    }),
    'malformed',
  ],
  [
    'bytes behind it',
    'one request, nothing else',
    Uint8Array.of(...makeRequest(good), 0),
    'malformed',
  ],
  ['nothing', 'no bytes', new Uint8Array(), 'malformed'],
  ['a text without PEM', 'not a request', 'hello', 'malformed'],
  ['too many bytes', 'bounded before it is read', new Uint8Array(limits.csrBytes + 1), 'tooLarge'],
])('A request with %s is refused: %s', (_what, _why, input, code) => {
  expect(parseCsr(input)).toMatchObject({ ok: false, refusal: { code } });
});

test('No changed byte of a request is taken for the same request', () => {
  const der = fromPem('CERTIFICATE REQUEST', csrFor('host-1.mesh'))!;
  const honest = parseCsr(der);
  expect(honest.ok).toBe(true);
  for (let at = 0; at < der.length; at++) {
    const changed = der.slice();
    changed[at] = changed[at]! ^ (1 << (at % 8));
    expect(parseCsr(changed), `byte ${at}`).not.toEqual(honest);
  }
});

test('No bytes make the reader throw', () => {
  const der = fromPem('CERTIFICATE REQUEST', csrFor('host-1.mesh'))!;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(der.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(der.length),
      (changes, length) => {
        const bytes = der.slice(0, Math.max(length, der.length - 40));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const read = parseCsr(bytes);
        expect(typeof read.ok).toBe('boolean');
      },
    ),
    { numRuns: 400, seed: 7 },
  );
});

test('Deep nesting is refused, not followed', () => {
  const random = new Random(3);
  const deep = new Uint8Array(4000).fill(0x30);
  for (let i = 1; i < deep.length; i += 2) deep[i] = 0x80;
  const wild = random.bytes(4000);
  wild.set([0x30, 0x82, 0x0f, 0x9c]);
  for (const bytes of [deep, wild]) {
    expect(parseCsr(bytes)).toMatchObject({ ok: false, refusal: { code: 'malformed' } });
  }
});
