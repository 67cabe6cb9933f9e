import { isIP, isIPv6 } from 'node:net';
import { domainToUnicode } from 'node:url';

/** The names of one certificate, normalised: lower case, no trailing dot, no duplicates. */
export interface CertificateNames {
  /** For the subject; null when the first name is too long for one, or an address. */
  readonly commonName: string | null;
  readonly dnsNames: readonly string[];
  /** RFC 5952 text for IPv6, dotted decimal for IPv4. */
  readonly ipAddresses: readonly string[];
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * What is wrong with a DNS name as it would stand in a certificate (RFC 1034 §3.5 preferred syntax,
 * RFC 6125 §6.4.3 wildcards as the whole leftmost label); null when nothing is.
 */
export function dnsNameProblem(name: string): string | null {
  const host = name.startsWith('*.') ? name.slice(2) : name;
  if (name.length > 253) return 'longer than 253 characters';
  if (name === 'localhost') return null; // a meaning of its own: RFC 6761 §6.3
  const labels = host.split('.');
  if (labels.length < 2) return 'fewer than two labels';
  for (const part of labels) {
    if (!label.test(part)) return `label "${part}" is not letters, digits and inner hyphens`;
    if (part.slice(2, 4) === '--' && !part.startsWith('xn--')) {
      return `label "${part}" is reserved (RFC 5890 §2.3.1)`;
    }
  }
  // As browsers read it, 1.0x7f is 1.0.0.127 (WHATWG URL, "ends in a number").
  if (/^([0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) as string)) return 'ends like an address';
  // What does not decode stays as it is.
  if (host.includes('xn--') && /(^|\.)(xn--|$)/.test(domainToUnicode(host))) {
    return 'not the encoding of any label';
  }
  return null;
}

export function isWildcard(name: string): boolean {
  return name.startsWith('*.');
}

/** True when `name` is `suffix` or lies below it. */
export function isUnder(name: string, suffix: string): boolean {
  return name === suffix || name.endsWith(`.${suffix}`);
}

/** True when a certificate for `name` would be good for `host` (RFC 6125 §6.4.3). */
export function covers(name: string, host: string): boolean {
  if (!isWildcard(name)) return name === host;
  const dot = host.indexOf('.');
  return dot > 0 && host.slice(dot + 1) === name.slice(2);
}

/** One spelling for each address (RFC 5952); null when the text is no address. */
export function canonicalAddress(text: string): string | null {
  if (isIP(text) === 0 || text.includes('%')) return null;
  return isIPv6(text) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;
}

/** Four or sixteen octets, as certificates hold addresses; null when the text is no address. */
export function addressBytes(text: string): Uint8Array | null {
  const address = canonicalAddress(text);
  if (address === null) return null;
  if (!isIPv6(address)) return Uint8Array.from(address.split('.'), Number);
  // The canonical form has no dotted tail: groups, and at most one gap that stands for zeros.
  const [front = '', back] = address.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(front);
  const after = back === undefined ? [] : groups(back);
  const all = [...before, ...Array(8 - before.length - after.length).fill(0), ...after];
  return Uint8Array.from(all.flatMap((group: number) => [group >> 8, group & 0xff]));
}

/** Canonical text of four or sixteen octets; of any other number something that is no address. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups =
    Buffer.from(bytes)
      .toString('hex')
      .match(/.{1,4}/g) ?? [];
  const text = groups.join(':');
  return canonicalAddress(text) ?? `address of ${bytes.length} octets`;
}
