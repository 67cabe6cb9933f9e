import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes } from '../base/bytes.ts';
import { type CaCertificate, readCaCertificate } from '../trustchain/ca-certificate.ts';
import { makeRootCrl, rootCrlLifetimeMs, thisUpdateOf } from '../trustchain/crl.ts';
import { distributionPointsDer } from '../trustchain/fields.ts';
import {
  type Issuer,
  loadIssuer,
  makeIntermediate,
  makeRoot,
  type Root,
} from '../trustchain/issuer.ts';
import type { ByteSource, KeyAlgorithm, SigningKey } from '../trustchain/keys.ts';
import { generateSigningKey } from '../trustchain/keys.ts';
import { constraintsOf, encodeConstraints } from '../trustchain/name-constraints.ts';
import { fromCanonicalPem, toPem } from '../trustchain/pem.ts';
import { type NamePolicy, policyFault } from '../trustchain/policy.ts';
import { bareKey, openKey, passphraseFault, sealKey } from '../trustchain/sealed-key.ts';
import { rootCrlUrl, type ServiceUrls } from '../trustchain/service-urls.ts';
import { replaceFile } from './cluster-file.ts';
import { maxKeyFileBytes } from './limits.ts';
import { DaemonRefusal } from './refusal.ts';

/**
 * Where a certificate authority keeps what it is:
 *
 *     root.pem               for the trust stores of others
 *     root.crl.pem           the root's list, for a year; signed again in time where its key is
 *     root.key.pem           belongs elsewhere once it has signed the intermediate: nothing here
 *                            needs it until the intermediate is to be signed again
 *     intermediate.pem       with the names it may certify
 *     intermediate.key.pem   signs leaves, lists and OCSP answers
 *
 * Keys are PKCS #8, sealed when there is a passphrase, and readable by their owner only.
 */
export interface AuthorityPlace {
  readonly directory: string;
  /** Of both keys; null: they lie in the clear. */
  readonly passphrase: string | null;
  /** What the intermediate is confined to. */
  readonly policy: NamePolicy;
  /** Where root and list are served, for the intermediate to say; null: it says what it said. */
  readonly urls: Pick<ServiceUrls, 'base'> | null;
  readonly nowMs: number;
  readonly chance: ByteSource;
}

const names = {
  root: 'root.pem',
  rootKey: 'root.key.pem',
  rootCrl: 'root.crl.pem',
  intermediate: 'intermediate.pem',
  intermediateKey: 'intermediate.key.pem',
} as const;

const ownerOnly = 0o600;
const dayMs = 24 * 60 * 60 * 1000;
/** An intermediate is signed again when less is left: leaves must end before it does. */
const renewBeforeMs = 365 * dayMs;

/** Opens the authority of a directory, or makes one there. Throws {@link DaemonRefusal}. */
export function openOrCreateAuthority(place: AuthorityPlace, algorithm: KeyAlgorithm): Issuer {
  if (!existsSync(place.directory)) createAuthority(place, algorithm);
  return openAuthority(place);
}

/** A new root and intermediate in a new directory, which appears with all its files or not. */
export function createAuthority(place: AuthorityPlace, algorithm: KeyAlgorithm): void {
  const { directory, passphrase, policy, urls, nowMs, chance } = place;
  const fault = policyFault(policy) ?? (passphrase === null ? null : passphraseFault(passphrase));
  if (fault !== null) throw new DaemonRefusal('badInput', `${directory}: ${fault}`);
  if (existsSync(directory)) throw refuse(directory, 'a directory', 'none, to make one');
  const root = makeRoot({ key: generateSigningKey(chance, algorithm), nowMs, chance });
  const key = generateSigningKey(chance, algorithm);
  const issuer = makeIntermediate({ root, key, policy, urls, nowMs, chance });
  const keyPem = (one: SigningKey): string =>
    passphrase === null ? bareKey(one) : sealKey(one, passphrase, chance);
  const unfinished = `${directory}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string, mode: number): void =>
    writeFileSync(join(unfinished, name), text, { mode, flag: 'wx', flush: true });
  write(names.rootKey, keyPem(root.key), ownerOnly);
  write(names.root, toPem('CERTIFICATE', root.certificate.der), 0o644);
  write(names.rootCrl, toPem('X509 CRL', issuer.rootCrl ?? new Uint8Array()), 0o644);
  write(names.intermediateKey, keyPem(key), ownerOnly);
  write(names.intermediate, issuer.chainPem, 0o644);
  renameSync(unfinished, directory);
}

/**
 * The authority that stands in a directory. Where its root key is at hand, the intermediate is
 * signed again, for the same key, when the policy or the addresses have changed or its end comes
 * near, and the root's list when half of its year is over.
 */
export function openAuthority(place: AuthorityPlace): Issuer {
  const { directory, policy, nowMs } = place;
  const root = readCertificate(join(directory, names.root), null);
  const path = join(directory, names.intermediate);
  const certificate = readCertificate(path, root);
  const key = readKey(place, names.intermediateKey);
  const pem = toPem('CERTIFICATE', certificate.der) + toPem('CERTIFICATE', root.der);
  const rootCrl = readList(join(directory, names.rootCrl), root);
  const issuer = loadIssuer(key, pem, rootCrl?.der);
  if (issuer === null) throw refuse(path, 'a certificate of another key', names.intermediateKey);
  const wanted = encodeConstraints(constraintsOf(policy));
  const { constraints, notAfterMs } = certificate;
  const fits = constraints !== null && equalBytes(encodeConstraints(constraints), wanted);
  const rootKey = readRootKey(place, root);
  if (rootKey === null) {
    if (fits && notAfterMs > nowMs) return issuer;
    const found = fits ? 'a certificate that has ended' : 'one confined to other names';
    throw refuse(path, found, `what the policy says, or ${names.rootKey} to sign it again`);
  }
  const signer = { key: rootKey, certificate: root };
  const stands = fits && notAfterMs - nowMs > renewBeforeMs && saysWhere(place, certificate);
  return stands ? withList(place, signer, issuer, rootCrl) : signAgain(place, signer, key);
}

/** A new certificate for the key there is. */
function signAgain(place: AuthorityPlace, root: Root, key: SigningKey): Issuer {
  const { directory, policy, urls, nowMs, chance } = place;
  const again = makeIntermediate({ root, key, policy, urls, nowMs, chance });
  keepList(directory, again);
  replaceFile(join(directory, names.intermediate), again.chainPem);
  return again;
}

function saysWhere({ urls }: AuthorityPlace, { distributionPoints }: CaCertificate): boolean {
  if (urls === null) return true;
  const wanted = distributionPointsDer(rootCrlUrl(urls));
  return distributionPoints !== null && equalBytes(distributionPoints, wanted);
}

function withList(
  { directory, nowMs }: AuthorityPlace,
  root: Root,
  issuer: Issuer,
  list: FoundList | null,
): Issuer {
  if (list !== null && nowMs - list.thisUpdateMs < rootCrlLifetimeMs / 2) return issuer;
  const renewed = { ...issuer, rootCrl: makeRootCrl(root, nowMs) };
  keepList(directory, renewed);
  return renewed;
}

function keepList(directory: string, { rootCrl }: Issuer): void {
  if (rootCrl !== null) replaceFile(join(directory, names.rootCrl), toPem('X509 CRL', rootCrl));
}

function readRootKey(place: AuthorityPlace, root: CaCertificate): SigningKey | null {
  const path = join(place.directory, names.rootKey);
  if (!existsSync(path)) return null;
  const key = readKey(place, names.rootKey);
  if (equalBytes(key.publicKey, root.publicKey)) return key;
  throw refuse(path, 'another key', `the key of ${names.root}`);
}

interface FoundList {
  readonly der: Uint8Array;
  readonly thisUpdateMs: number;
}

/** Null: there is none, as in directories that are older than the list. */
function readList(path: string, root: CaCertificate): FoundList | null {
  if (!existsSync(path)) return null;
  const der = fromCanonicalPem('X509 CRL', readText(path));
  const thisUpdateMs = der === null ? null : thisUpdateOf(der, root);
  if (der !== null && thisUpdateMs !== null) return { der, thisUpdateMs };
  throw refuse(path, 'something else', `a list in PEM, signed by ${names.root}`);
}

function readCertificate(path: string, issuer: CaCertificate | null): CaCertificate {
  const der = fromCanonicalPem('CERTIFICATE', readText(path));
  const certificate = der === null ? null : readCaCertificate(der, issuer);
  if (certificate !== null) return certificate;
  const by = issuer === null ? 'itself' : names.root;
  throw refuse(path, 'something else', `a CA certificate in PEM, signed by ${by}`);
}

function readKey({ directory, passphrase }: AuthorityPlace, name: string): SigningKey {
  const path = join(directory, name);
  const opened = openKey(readText(path), passphrase);
  if (opened.ok) return opened.key;
  throw new DaemonRefusal('badInput', `${path}: ${opened.reason}`);
}

function readText(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length <= maxKeyFileBytes) return text;
  } catch (error) {
    throw refuse(path, 'nothing readable', 'a PEM file', error);
  }
  throw refuse(path, 'a file too long', `at most ${maxKeyFileBytes} characters`);
}

function refuse(path: string, found: string, allowed: string, cause?: unknown): DaemonRefusal {
  return new DaemonRefusal('badInput', `${path}: found ${found}; allowed: ${allowed}`, cause);
}
