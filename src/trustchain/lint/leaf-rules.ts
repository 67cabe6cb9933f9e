import { keyUsages } from '../ca-certificate.ts';
import { readInside } from '../der-reader.ts';
import { tags } from '../der-writer.ts';
import { oids } from '../fields.ts';
import { limits } from '../limits.ts';
import { type ConstrainedName, isWithin } from '../name-constraints.ts';
import { addressText, canonicalAddress, dnsNameProblem } from '../names.ts';
import { placesRule } from './places-rule.ts';
import type { AlternativeName, Rule, View } from './view.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** CA/B BR §6.3.2 since March 2026. */
const maxLifeMs = 200 * dayMs;
const dnsTag = 0x82;
const addressTag = 0x87;

const known: readonly string[] = [oids.serverAuth, oids.clientAuth, oids.codeSigning];

/** Rules of what is issued to a requester. */
export const leafRules: readonly Rule[] = [
  {
    name: 'leafLife',
    source: 'CA/B BR §6.3.2',
    check: ({ notBeforeMs, notAfterMs }) => {
      const lifeMs = (notAfterMs ?? 0) - (notBeforeMs ?? 0);
      return lifeMs <= maxLifeMs ? null : `${lifeMs / dayMs} days, at most ${maxLifeMs / dayMs}`;
    },
  },
  {
    name: 'noAuthority',
    source: 'RFC 5280 §4.2.1.9',
    check: (view) => {
      const { value } = view.extension(oids.basicConstraints) ?? {};
      const parts = value === undefined ? null : readInside(value, tags.sequence);
      if (view.extension(oids.nameConstraints) !== undefined) return 'confines others';
      return parts?.length === 0 ? null : 'basicConstraints is not there, or not empty';
    },
  },
  {
    name: 'leafUsage',
    source: 'RFC 5280 §4.2.1.3, RFC 5480 §3',
    check: ({ usage, isRsa }) => {
      if (usage === null || (usage & keyUsages.digitalSignature) === 0) return 'does not sign';
      const others = usage & ~keyUsages.digitalSignature;
      if (others === 0) return null;
      return others === keyUsages.keyEncipherment && isRsa ? null : 'is for more than it can do';
    },
  },
  { name: 'purposes', source: 'RFC 5280 §4.2.1.12, CA/B BR §7.1.2.7.10', check: purposes },
  { name: 'alternativeNames', source: 'RFC 5280 §4.2.1.6', check: alternativeNames },
  {
    name: 'namesOnce',
    source: 'CA/B BR §7.1.4',
    check: ({ alternativeNames: names }) => {
      const texts = (names ?? []).map(({ tag, text }) => `${tag} ${text}`);
      return new Set(texts).size === texts.length ? null : 'one name twice';
    },
  },
  {
    name: 'subjectCritical',
    source: 'RFC 5280 §4.2.1.6',
    check: (view) => {
      const isCritical = view.extension(oids.subjectAltName)?.critical === true;
      const isOnly = view.subject?.length === 0;
      return isCritical === isOnly ? null : 'critical exactly where the subject is empty';
    },
  },
  { name: 'commonName', source: 'CA/B BR §7.1.4.3, RFC 5280 A.1', check: commonName },
  { name: 'withinConstraints', source: 'RFC 5280 §4.2.1.10', check: withinConstraints },
  placesRule,
  {
    name: 'oneTimestampList',
    source: 'RFC 6962 §3.1',
    check: (view) => {
      const poison = view.extension(oids.precertificatePoison);
      if (poison === undefined) return null;
      if (view.extension(oids.signedTimestamps) !== undefined) return 'a poisoned one with an SCT';
      return poison.value.length === 2 && poison.value[0] === 5 ? null : 'the poison is not NULL';
    },
  },
];

function purposes({ purposes: found, usage, isRsa }: View): string | null {
  if (found === null) return 'missing';
  const strange = found.find((purpose) => !known.includes(purpose));
  if (strange !== undefined) return `${strange} is none this authority certifies`;
  if (new Set(found).size !== found.length) return 'one twice';
  // Who signs programs must not be able to serve as a host with the same key, nor the reverse.
  if (found.includes(oids.codeSigning) && found.length > 1) return 'code signing stands alone';
  const transports = ((usage ?? 0) & keyUsages.keyEncipherment) !== 0;
  return transports && isRsa && !found.includes(oids.serverAuth)
    ? 'keys are transported to servers only'
    : null;
}

function alternativeNames({ alternativeNames: names }: View): string | null {
  if (names === null) return 'missing, or empty';
  for (const { tag, content, text } of names) {
    if (tag === addressTag) {
      if (content.length !== 4 && content.length !== 16) return `${content.length} octets of IP`;
    } else if (tag === dnsTag) {
      const problem = dnsNameProblem(text);
      if (problem !== null) return `${text}: ${problem}`;
      if (text !== text.toLowerCase()) return `${text}: not in lower case`;
    } else {
      return `a name of type ${tag & 0x1f}; DNS names and IP addresses are certified`;
    }
  }
  return null;
}

function commonName({ subject, alternativeNames: names }: View): string | null {
  if (subject === null) return 'the subject is not of UTF8Strings, one to a relative name';
  const [first, more] = subject;
  if (first === undefined) return null;
  if (more !== undefined || first.type !== oids.commonName) return 'more than a common name';
  if (first.text.length > limits.commonNameLength) return `${first.text.length} characters`;
  const isListed = (name: AlternativeName): boolean =>
    name.tag === addressTag
      ? addressText(name.content) === canonicalAddress(first.text)
      : name.text === first.text;
  return names?.some(isListed) ? null : `${first.text} is not among the alternative names`;
}

function withinConstraints({ alternativeNames: names, issuer }: View): string | null {
  const { constraints } = issuer;
  if (constraints === null) return null;
  for (const { tag, content, text } of names ?? []) {
    const name: ConstrainedName =
      tag === addressTag ? { type: 'address', bytes: content } : { type: 'dns', name: text };
    if (isWithin(name, constraints)) continue;
    return `${tag === addressTag ? addressText(content) : text}: the issuer may not certify it`;
  }
  return null;
}
