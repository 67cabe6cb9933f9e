import { assert } from '../base/assert.ts';
import { equalBytes } from '../base/bytes.ts';
import { type CaCertificate, draftCa, readCaCertificate, secondMs } from './ca-certificate.ts';
import { readTbs } from './certificate-reader.ts';
import { makeRootCrl } from './crl.ts';
import { keyIdentifier } from './fields.ts';
import { type ByteSource, generateSigningKey, type KeyAlgorithm, type SigningKey } from './keys.ts';
import { limits } from './limits.ts';
import { LintViolation, lint } from './lint/lint.ts';
import type { CertificateKind, LintIssuer } from './lint/view.ts';
import { constraintsOf } from './name-constraints.ts';
import { fromCanonicalPems, toPem } from './pem.ts';
import { meshPolicy, type NamePolicy } from './policy.ts';
import type { ServiceUrls } from './service-urls.ts';
import { signedSequence } from './signed.ts';

export { secondMs } from './ca-certificate.ts';

/** The root: it signs the intermediate, and nothing else. */
export interface Root {
  readonly key: SigningKey;
  readonly certificate: CaCertificate;
}

/** Who signs leaves and lists: the intermediate's key, and the two certificates above them. */
export interface Issuer {
  readonly key: SigningKey;
  /** The intermediate. */
  readonly certificate: CaCertificate;
  readonly root: CaCertificate;
  /** What `ca.pem` holds: intermediate, then root. The first is who signed the leaves. */
  readonly pem: string;
  /** What follows a leaf where a chain is asked for: the intermediate alone (RFC 8446 §4.4.2). */
  readonly chainPem: string;
  /** The root's list of intermediates it took back, DER; null: not at hand. */
  readonly rootCrl: Uint8Array | null;
}

const dayMs = 24 * 60 * 60 * 1000;
/** The root outlives two intermediates: relying parties change it by hand. */
const rootLifetimeDays = 3650;
const intermediateLifetimeDays = 1825;

/** 128 bits of chance, positive and always sixteen octets, so that file names are of one length. */
export function randomSerial(chance: ByteSource): Uint8Array {
  for (;;) {
    const serial = chance(limits.serialBytes);
    assert(serial.length === limits.serialBytes, 'the source of chance gave too little');
    // The sign bit would cost a seventeenth octet, a leading zero would lose one.
    const positive = Uint8Array.from(serial, (byte, i) => (i === 0 ? byte & 0x7f : byte));
    if (positive[0] !== 0) return positive;
  }
}

/** A life in whole seconds that began a day ago: clocks of relying parties may be behind. */
function lifeFrom(nowMs: number, days: number): { notBeforeMs: number; notAfterMs: number } {
  const second = (ms: number): number => Math.floor(ms / secondMs) * secondMs;
  return { notBeforeMs: second(nowMs - dayMs), notAfterMs: second(nowMs + days * dayMs) };
}

/** A self-signed root, below which one CA may stand (RFC 5280 §4.2.1.9). */
export function makeRoot(options: {
  readonly key: SigningKey;
  readonly nowMs: number;
  readonly chance: ByteSource;
}): Root {
  const { key, nowMs, chance } = options;
  const life = lifeFrom(nowMs, rootLifetimeDays);
  const tbs = draftCa({
    key,
    // Part of the key's hash in the name: two roots of two runs never look alike to a trust store.
    commonName: `TrustChain Root ${key.keyHash.slice(0, 8)}`,
    serial: randomSerial(chance),
    issuer: null,
    ...life,
    pathLength: 1,
    constraints: null,
    urls: null,
  });
  const read = readTbs(tbs);
  assert(read !== null, 'a draft of ours is readable');
  const identifier = keyIdentifier(key.publicKey);
  const itself = { ...life, name: read.subject, keyIdentifier: identifier, constraints: null };
  refuseBroken('root', tbs, { ...itself, algorithm: key.algorithm });
  const certificate = readCaCertificate(signCertificate(tbs, key), null);
  assert(certificate !== null, 'a root of ours is one');
  return { key, certificate };
}

/** An intermediate that may certify what `policy` allows, and no CA below itself. */
export function makeIntermediate(options: {
  readonly root: Root;
  readonly key: SigningKey;
  readonly policy: NamePolicy;
  /** Where the root and its list are served; absent or null: the certificate does not say. */
  readonly urls?: Pick<ServiceUrls, 'base'> | null;
  readonly nowMs: number;
  readonly chance: ByteSource;
}): Issuer {
  const { root, key, policy, nowMs, chance, urls = null } = options;
  const { notBeforeMs, notAfterMs } = lifeFrom(nowMs, intermediateLifetimeDays);
  const tbs = draftCa({
    key,
    commonName: `TrustChain Issuing ${key.keyHash.slice(0, 8)}`,
    serial: randomSerial(chance),
    issuer: root,
    notBeforeMs: Math.max(notBeforeMs, root.certificate.notBeforeMs),
    notAfterMs: Math.min(notAfterMs, root.certificate.notAfterMs),
    pathLength: 0,
    constraints: constraintsOf(policy),
    urls,
  });
  refuseBroken('intermediate', tbs, root.certificate);
  const certificate = readCaCertificate(signCertificate(tbs, root.key), root.certificate);
  assert(certificate !== null, 'an intermediate of ours is one');
  return issuerOf(key, certificate, root.certificate, makeRootCrl(root, nowMs));
}

/** Nobody waits for a CA certificate who could be refused: a fault in it ends the process. */
function refuseBroken(kind: CertificateKind, tbs: Uint8Array, issuer: LintIssuer): void {
  const broken = lint(kind, tbs, issuer);
  if (broken.length > 0) throw new LintViolation(`the ${kind} to be signed`, broken);
}

/** Root and intermediate at once, for a run that keeps neither key. */
export function makeIssuer(options: {
  readonly nowMs: number;
  readonly chance: ByteSource;
  readonly policy?: NamePolicy;
  readonly algorithm?: KeyAlgorithm;
  readonly urls?: ServiceUrls | null;
}): Issuer {
  const { nowMs, chance, policy = meshPolicy, algorithm, urls = null } = options;
  const root = makeRoot({ key: generateSigningKey(chance, algorithm), nowMs, chance });
  const key = generateSigningKey(chance, algorithm);
  return makeIntermediate({ root, key, policy, urls, nowMs, chance });
}

function issuerOf(
  key: SigningKey,
  certificate: CaCertificate,
  root: CaCertificate,
  rootCrl: Uint8Array | null,
): Issuer {
  const chainPem = toPem('CERTIFICATE', certificate.der);
  const pem = chainPem + toPem('CERTIFICATE', root.der);
  return { key, certificate, root, pem, chainPem, rootCrl };
}

/** The issuer of a stored `ca.pem` and its key; null when the two do not belong together. */
export function loadIssuer(
  key: SigningKey,
  pem: string,
  rootCrl: Uint8Array | null = null,
): Issuer | null {
  const ca = readCaPem(pem);
  if (ca === null || !equalBytes(ca.intermediate.publicKey, key.publicKey)) return null;
  return issuerOf(key, ca.intermediate, ca.root, rootCrl);
}

/** `ca.pem` in canonical form: the intermediate and the root that signed it; null for else. */
export function readCaPem(
  pem: string,
): { readonly intermediate: CaCertificate; readonly root: CaCertificate } | null {
  const [first, second, more] = fromCanonicalPems('CERTIFICATE', pem) ?? [];
  if (first === undefined || second === undefined || more !== undefined) return null;
  const root = readCaCertificate(second, null);
  const intermediate = root === null ? null : readCaCertificate(first, root);
  return root === null || intermediate === null ? null : { intermediate, root };
}

/** DER of the certificate over a to-be-signed part: one call, one signature. */
export function signCertificate(tbs: Uint8Array, key: SigningKey): Uint8Array {
  return signedSequence(tbs, key.algorithm, key.sign(tbs));
}
