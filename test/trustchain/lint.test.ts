import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { draftCa, keyUsages } from '../../src/trustchain/ca-certificate.ts';
import { readInside } from '../../src/trustchain/der-reader.ts';
import {
  derTrue,
  element,
  generalizedTime,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  tagged,
  taggedBytes,
  tags,
  time,
} from '../../src/trustchain/der-writer.ts';
import {
  extensionDer,
  generalNamesDer,
  nameDer,
  oids,
  signatureAlgorithm,
} from '../../src/trustchain/fields.ts';
import { signingKeyFromSeed } from '../../src/trustchain/keys.ts';
import { appendExtension, draftLeaf } from '../../src/trustchain/leaf.ts';
import { leafProfileFor, leafUsages } from '../../src/trustchain/leaf-profile.ts';
import { leafViolation, lint, rulesFor } from '../../src/trustchain/lint/lint.ts';
import { constraintsOf } from '../../src/trustchain/name-constraints.ts';
import { meshPolicy } from '../../src/trustchain/policy.ts';
import { ask, csrFor, FakeCluster, makeAuthority, makeIssuer, nowMs } from './fake-cluster.ts';

const issuer = makeIssuer();
const key = signingKeyFromSeed(new Uint8Array(32).fill(4));
const names = { commonName: 'a.mesh', dnsNames: ['a.mesh', '*.b.mesh'], ipAddresses: ['fd00::7'] };
const leaf = {
  issuer,
  profile: leafProfileFor('tls'),
  serial: new Uint8Array(16).fill(0x41),
  nowMs,
  publicKey: key.publicKey,
  names,
  urls: { base: 'http://ca.mesh', crlShards: 4 },
};
const good = draftLeaf(leaf).tbs0;

/** Fields of a to-be-signed certificate by their place. */
const at = { version: 0, serial: 1, algorithm: 2, issuer: 3, life: 4, subject: 5 } as const;

function withField(tbs: Uint8Array, place: keyof typeof at, value: Uint8Array): Uint8Array {
  const fields = readInside(tbs, tags.sequence)!.map(({ whole }) => whole);
  fields[at[place]] = value;
  return sequence(...fields);
}

/** The extensions changed: one is put in the place of that of its kind, or left out, or added. */
function withExtension(tbs: Uint8Array, kind: string, other: Uint8Array | null): Uint8Array {
  const fields = readInside(tbs, tags.sequence)!;
  const list = readInside(fields.at(-1)!.content, tags.sequence)!;
  const isOfKind = (one: Uint8Array) =>
    Buffer.from(readInside(one, tags.sequence)![0]!.whole).equals(oid(kind));
  const kept = list.map(({ whole }) => whole).filter((one) => !isOfKind(one));
  const extensions = sequence(...kept, ...(other === null ? [] : [other]));
  return sequence(...fields.slice(0, -1).map(({ whole }) => whole), tagged(3, extensions));
}

const replaced = (kind: string, value: Uint8Array, critical = false): Uint8Array =>
  withExtension(good, kind, extensionDer(kind, value, critical));
const alternatives = (dns: string[], addresses: string[] = []): Uint8Array =>
  replaced(oids.subjectAltName, generalNamesDer(dns, addresses));
const life = (from: number, to: number): Uint8Array =>
  withField(good, 'life', sequence(time(from), time(to)));

const dayMs = 24 * 60 * 60 * 1000;
const ca = issuer.certificate;

const brokenLeaves: readonly (readonly [rule: string, what: string, tbs: Uint8Array])[] = [
  ['outline', 'a byte behind it', Uint8Array.from([...good, 0])],
  ['outline', 'no length in its shortest form', Uint8Array.from([0x30, 0x81, 0x01, 0x00])],
  ['version', 'v1', withField(good, 'version', tagged(0, integer(0)))],
  ['serialSize', 'negative', withField(good, 'serial', element(2, new Uint8Array(16).fill(0x81)))],
  ['serialSize', '21 octets', withField(good, 'serial', element(2, new Uint8Array(21).fill(1)))],
  ['serialSize', 'small', withField(good, 'serial', integer(7))],
  [
    'serialSize',
    'a zero in front',
    withField(good, 'serial', element(2, Uint8Array.from([0, ...leaf.serial]))),
  ],
  [
    'algorithm',
    'another than its signature',
    withField(good, 'algorithm', signatureAlgorithm('ed25519')),
  ],
  ['issuerName', 'another issuer', withField(good, 'issuer', issuer.root.name)],
  [
    'timeEncoding',
    'GeneralizedTime before 2050',
    withField(good, 'life', sequence(time(nowMs - dayMs / 2), generalizedTime(nowMs))),
  ],
  [
    'timeEncoding',
    'fractions',
    withField(good, 'life', sequence(time(nowMs - 1000), element(0x18, utf8('20260517120000.5Z')))),
  ],
  ['life', 'an end before the beginning', life(nowMs, nowMs - 1000)],
  [
    'lifeWithinIssuer',
    'an end after the issuer\u2019s',
    life(ca.notAfterMs - dayMs, ca.notAfterMs + 1000),
  ],
  ['lifeWithinIssuer', 'a beginning before the issuer\u2019s', life(ca.notBeforeMs - 1000, nowMs)],
  ['uniqueIds', 'a unique identifier', withUniqueId()],
  [
    'extensionsOnce',
    'one extension twice',
    appendExtension(good, oids.keyUsage, namedBits(1), true),
  ],
  ['defaultsLeftOut', 'critical FALSE in words', withExtension(good, '1.2.3', spelledOut())],
  ['criticality', 'an unknown critical extension', appendExtension(good, '1.2.3', derTrue, true)],
  ['criticality', 'a key usage that is not critical', replaced(oids.keyUsage, namedBits(1))],
  ['subjectKeyIdentifier', 'none', withExtension(good, oids.subjectKeyIdentifier, null)],
  [
    'subjectKeyIdentifier',
    'another key\u2019s',
    replaced(oids.subjectKeyIdentifier, octetString(new Uint8Array(20))),
  ],
  ['authorityKeyIdentifier', 'none', withExtension(good, oids.authorityKeyIdentifier, null)],
  [
    'authorityKeyIdentifier',
    'the root\u2019s',
    replaced(oids.authorityKeyIdentifier, sequence(taggedBytes(0, issuer.root.keyIdentifier))),
  ],
  ['leafLife', '201 days', life(nowMs, nowMs + 201 * dayMs)],
  ['noAuthority', 'a CA', replaced(oids.basicConstraints, sequence(derTrue), true)],
  ['noAuthority', 'no word on it', withExtension(good, oids.basicConstraints, null)],
  [
    'leafUsage',
    'signing certificates',
    replaced(oids.keyUsage, namedBits(1 | keyUsages.keyCertSign), true),
  ],
  ['leafUsage', 'transporting keys by ECDSA', replaced(oids.keyUsage, namedBits(5), true)],
  ['leafUsage', 'trailing zeros', replaced(oids.keyUsage, Uint8Array.of(3, 2, 6, 0x80), true)],
  ['leafUsage', 'none', withExtension(good, oids.keyUsage, null)],
  ['purposes', 'none', withExtension(good, oids.extendedKeyUsage, null)],
  ['purposes', 'any', replaced(oids.extendedKeyUsage, sequence(oid('2.5.29.37.0')))],
  [
    'purposes',
    'serving and signing programs',
    replaced(oids.extendedKeyUsage, sequence(oid(oids.serverAuth), oid(oids.codeSigning))),
  ],
  ['alternativeNames', 'none', withExtension(good, oids.subjectAltName, null)],
  [
    'alternativeNames',
    'an e-mail address',
    replaced(oids.subjectAltName, sequence(taggedBytes(1, utf8('a@b.mesh')))),
  ],
  ['alternativeNames', 'capitals', alternatives(['a.mesh', 'B.mesh'])],
  ['alternativeNames', 'a wildcard inside', alternatives(['a.mesh', 'b.*.mesh'])],
  [
    'alternativeNames',
    'five octets of address',
    replaced(oids.subjectAltName, sequence(taggedBytes(7, new Uint8Array(5)))),
  ],
  ['namesOnce', 'a name twice', alternatives(['a.mesh', 'a.mesh'])],
  ['subjectCritical', 'an empty subject', withField(good, 'subject', nameDer(null, null))],
  ['commonName', 'one that is no alternative name', alternatives(['b.mesh'])],
  [
    'commonName',
    'an organisation nobody checked',
    withField(good, 'subject', nameDer('Bank', 'a.mesh')),
  ],
  ['commonName', 'a PrintableString', withField(good, 'subject', printable())],
  ['withinConstraints', 'a name outside', alternatives(['a.mesh', 'a.example'])],
  ['withinConstraints', 'an address outside', alternatives(['a.mesh'], ['192.0.2.1'])],
  [
    'places',
    'a list in a directory',
    replaced(oids.crlDistributionPoints, point('ldap://ca.mesh')),
  ],
  ['places', 'no address', replaced(oids.crlDistributionPoints, sequence())],
  [
    'oneTimestampList',
    'a poison that is not NULL',
    replaced(oids.precertificatePoison, derTrue, true),
  ],
  [
    'oneTimestampList',
    'a poisoned certificate with its SCT',
    appendExtension(
      appendExtension(good, oids.precertificatePoison, element(5), true),
      oids.signedTimestamps,
      octetString(new Uint8Array(9)),
    ),
  ],
];

function withUniqueId(): Uint8Array {
  const fields = readInside(good, tags.sequence)!.map(({ whole }) => whole);
  const id = taggedBytes(1, Uint8Array.of(0, 7));
  return sequence(...fields.slice(0, -1), id, fields.at(-1)!);
}

function spelledOut(): Uint8Array {
  return sequence(oid('1.2.3'), Uint8Array.of(tags.boolean, 1, 0), octetString(derTrue));
}

function printable(): Uint8Array {
  const text = element(0x13, utf8('a.mesh'));
  return sequence(element(tags.set, sequence(oid(oids.commonName), text)));
}

function point(url: string): Uint8Array {
  return sequence(sequence(tagged(0, tagged(0, taggedBytes(6, utf8(url))))));
}

const rootOptions = {
  key,
  commonName: 'CA',
  serial: leaf.serial,
  issuer: null,
  notBeforeMs: nowMs - (nowMs % 1000),
  notAfterMs: nowMs - (nowMs % 1000) + dayMs,
  pathLength: 1,
  constraints: null,
  urls: null,
};
const below = {
  ...rootOptions,
  issuer: { key, certificate: issuer.root },
  pathLength: 0,
  constraints: constraintsOf(meshPolicy),
};
const intermediate = draftCa(below);

const brokenAuthorities: typeof brokenLeaves = [
  ['isAuthority', 'room for a CA below it', draftCa({ ...below, pathLength: 1 })],
  ['isAuthority', 'no word on it', withExtension(intermediate, oids.basicConstraints, null)],
  ['authorityUsage', 'none', withExtension(intermediate, oids.keyUsage, null)],
  [
    'authorityUsage',
    'transporting keys',
    withExtension(
      intermediate,
      oids.keyUsage,
      extensionDer(oids.keyUsage, namedBits(0b1100101), true),
    ),
  ],
  ['confined', 'to nothing', draftCa({ ...below, constraints: null })],
  [
    'confined',
    'to an empty list',
    withExtension(
      intermediate,
      oids.nameConstraints,
      extensionDer(oids.nameConstraints, sequence(), true),
    ),
  ],
  ['places', 'no address at all', draftCa({ ...below, urls: { base: 'ldap:' } })],
  ['authorityName', 'none', withField(intermediate, 'subject', sequence())],
];

const ruleOf = (complaint: string): string => complaint.split(':')[0]!;

describe('The linter', () => {
  test('finds nothing in what this authority makes', () => {
    for (const usage of leafUsages) {
      for (const commonName of ['a.mesh', null]) {
        const cut = { ...leaf, profile: leafProfileFor(usage), names: { ...names, commonName } };
        expect(lint('leaf', draftLeaf(cut).tbs0, ca)).toEqual([]);
      }
    }
    expect(lint('intermediate', intermediate, issuer.root)).toEqual([]);
    const placed = draftCa({ ...below, urls: { base: 'http://ca.mesh' } });
    expect(lint('intermediate', placed, issuer.root)).toEqual([]);
  });

  test.each(brokenLeaves)('complains of %s: %s', (rule, _what, tbs) => {
    expect(lint('leaf', tbs, ca).map(ruleOf)).toContain(rule);
  });

  test.each(brokenAuthorities)('complains of an intermediate\u2019s %s: %s', (rule, _what, tbs) => {
    expect(lint('intermediate', tbs, issuer.root).map(ruleOf)).toContain(rule);
  });

  test('has no rule that nothing here breaks', () => {
    const broken = new Set([...brokenLeaves, ...brokenAuthorities].map(([rule]) => rule));
    const rules = [...rulesFor.leaf, ...rulesFor.intermediate].map(({ name }) => name);
    expect(rules.filter((name) => !broken.has(name))).toEqual([]);
  });

  test('stands before the vote: what must not be signed is refused, as our own fault', () => {
    const cluster = new FakeCluster();
    // A policy wider than the intermediate's constraints: a mistake of the operator.
    const policy = { ...meshPolicy, allowedSuffixes: ['*'] };
    const authority = makeAuthority(cluster, { issuer, policy });
    expect(ask(authority, cluster, 'r-1', csrFor('a.example'))).toMatchObject({
      type: 'refused',
      refusal: { code: 'lintFailed', detail: expect.stringContaining('withinConstraints') },
    });
    expect(cluster.submitted).toEqual([]);
    expect(leafViolation(good, ca)).toBeNull();
  });

  test('counts an address by its bits, and knows a subject that is one', () => {
    const commonName = 'fd00::7';
    const cut = { ...leaf, names: { commonName, dnsNames: [], ipAddresses: ['fd00::7'] } };
    expect(lint('leaf', draftLeaf(cut).tbs0, ca)).toEqual([]);
  });
});
