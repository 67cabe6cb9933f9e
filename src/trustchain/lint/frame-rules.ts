import { equalBytes } from '../../base/bytes.ts';
import { readElement } from '../der-reader.ts';
import { tags } from '../der-writer.ts';
import { keyIdentifier, oids, signatureAlgorithm } from '../fields.ts';
import type { Rule, View } from './view.ts';

const year2050 = Date.UTC(2050, 0);
/** What a certificate of this room may hold; whatever else is a mistake, critical or not. */
const critical: Readonly<Record<string, 'always' | 'never' | 'either'>> = {
  [oids.basicConstraints]: 'always',
  [oids.keyUsage]: 'always',
  [oids.nameConstraints]: 'always',
  [oids.precertificatePoison]: 'always',
  [oids.subjectAltName]: 'either',
  [oids.extendedKeyUsage]: 'never',
  [oids.subjectKeyIdentifier]: 'never',
  [oids.authorityKeyIdentifier]: 'never',
  [oids.authorityInfoAccess]: 'never',
  [oids.crlDistributionPoints]: 'never',
  [oids.signedTimestamps]: 'never',
};

/** Rules of every certificate, whoever it is for. */
export const frameRules: readonly Rule[] = [
  {
    name: 'version',
    source: 'RFC 5280 §4.1.2.1',
    check: ({ tbs }) => (tbs.version === 2 ? null : `version ${tbs.version}, not 2 (v3)`),
  },
  {
    name: 'serialSize',
    source: 'RFC 5280 §4.1.2.2, CA/B BR §7.1',
    check: ({ tbs: { serial } }) => {
      const [first = 0, second = 0] = serial;
      if ((first & 0x80) !== 0) return 'negative';
      if (first === 0 && (second & 0x80) === 0) return 'with a zero octet in front';
      // 64 bits of chance are eight octets at the least.
      return serial.length >= 8 && serial.length <= 20 ? null : `${serial.length} octets`;
    },
  },
  {
    name: 'algorithm',
    source: 'RFC 5280 §4.1.2.3',
    check: ({ tbs, algorithm }) =>
      equalBytes(tbs.algorithm, signatureAlgorithm(algorithm))
        ? null
        : `not that of the key that signs, ${algorithm}`,
  },
  {
    name: 'issuerName',
    source: 'RFC 5280 §4.1.2.4',
    check: ({ tbs, issuer }) =>
      equalBytes(tbs.issuer, issuer.name) ? null : 'not the name of who signs, byte by byte',
  },
  {
    name: 'timeEncoding',
    source: 'RFC 5280 §4.1.2.5',
    check: ({ tbs, notBeforeMs, notAfterMs }) => {
      for (const [element, ms] of [
        [tbs.notBefore, notBeforeMs],
        [tbs.notAfter, notAfterMs],
      ] as const) {
        if (ms === null) return 'not UTCTime or GeneralizedTime with whole seconds and Z';
        const wanted = ms < year2050 ? tags.utcTime : tags.generalizedTime;
        if (element.tag !== wanted) return 'UTCTime until 2049, GeneralizedTime after';
      }
      return null;
    },
  },
  {
    name: 'life',
    source: 'RFC 5280 §4.1.2.5',
    check: ({ notBeforeMs, notAfterMs }) =>
      (notBeforeMs ?? 0) < (notAfterMs ?? 1) ? null : 'ends before it begins',
  },
  {
    name: 'lifeWithinIssuer',
    source: 'RFC 5280 §6.1.3',
    check: ({ notBeforeMs, notAfterMs, issuer }) => {
      if ((notBeforeMs ?? 0) < issuer.notBeforeMs) return 'begins before its issuer';
      return (notAfterMs ?? 0) > issuer.notAfterMs ? 'ends after its issuer' : null;
    },
  },
  {
    name: 'uniqueIds',
    source: 'RFC 5280 §4.1.2.8',
    check: ({ tbs }) => (tbs.uniqueIds ? 'has one' : null),
  },
  {
    name: 'extensionsOnce',
    source: 'RFC 5280 §4.2',
    check: ({ tbs: { extensions } }) => {
      const twice = extensions.find(({ oid }, i) => extensions.findIndex((o) => o.oid === oid) < i);
      return twice === undefined ? null : `${twice.oid} twice`;
    },
  },
  {
    name: 'defaultsLeftOut',
    source: 'X.690 §11.5',
    check: ({ tbs: { extensions } }) => {
      const written = extensions.find(({ defaultWritten }) => defaultWritten);
      return written === undefined ? null : `${written.oid} says critical FALSE`;
    },
  },
  {
    name: 'criticality',
    source: 'RFC 5280 §4.2.1',
    check: ({ tbs: { extensions } }) => {
      // What this room does not know is the consensus extension, whose identifier is configured.
      const wrong = extensions.find((one) => {
        const rule = critical[one.oid] ?? 'never';
        return rule !== 'either' && one.critical !== (rule === 'always');
      });
      if (wrong === undefined) return null;
      return `${wrong.oid} is ${wrong.critical ? '' : 'not '}critical`;
    },
  },
  {
    name: 'subjectKeyIdentifier',
    source: 'RFC 5280 §4.2.1.2, RFC 7093 §2',
    check: (view) => {
      const { value } = view.extension(oids.subjectKeyIdentifier) ?? {};
      if (value === undefined) return 'missing';
      const found = readElement(value, tags.octetString)?.content;
      const wanted = keyIdentifier(view.tbs.publicKey);
      return found !== undefined && equalBytes(found, wanted) ? null : 'not that of its key';
    },
  },
  { name: 'authorityKeyIdentifier', source: 'RFC 5280 §4.2.1.1', check: authorityKey },
];

function authorityKey(view: View): string | null {
  const { value } = view.extension(oids.authorityKeyIdentifier) ?? {};
  if (value === undefined) return 'missing';
  // SEQUENCE { [0] identifier } and nothing else: issuer and serial would fix the chain.
  const inner = readElement(value, tags.sequence)?.content;
  const found = inner === undefined ? undefined : readElement(inner, 0x80)?.content;
  return found !== undefined && equalBytes(found, view.issuer.keyIdentifier)
    ? null
    : 'not that of who signs, alone';
}
