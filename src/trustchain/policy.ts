import { isIPv6 } from 'node:net';
import type { ParsedCsr } from './csr.ts';
import { limits } from './limits.ts';
import { isInNetwork, networkBytes } from './name-constraints.ts';
import {
  addressBytes,
  type CertificateNames,
  canonicalAddress,
  covers,
  dnsNameProblem,
  isUnder,
  isWildcard,
} from './names.ts';
import { type Checked, type Refusal, refuse } from './refusal.ts';

/** Which names this authority speaks for. */
export interface NamePolicy {
  /** A DNS name is or lies below one of these; `*` alone stands for any name. */
  readonly allowedSuffixes: readonly string[];
  /** No name is, lies below, or as a wildcard covers one of these. Comes before the allow list. */
  readonly deniedNames: readonly string[];
  /** Per certificate, at most {@link limits.names}. */
  readonly maxNames: number;
  readonly allowWildcards: boolean;
  /**
   * Names right below which strangers register theirs, as under `co.uk`: a wildcard there would be
   * for all of them. Absent: none but the single labels, which nobody gets a wildcard for.
   */
  readonly publicSuffixes?: readonly string[];
  /** IP addresses lie in one of these, as in `fd00::/8`; none: no addresses. */
  readonly allowedNetworks: readonly string[];
}

/** Names under `mesh`, as the scenarios use them. */
export const meshPolicy: NamePolicy = {
  allowedSuffixes: ['mesh'],
  deniedNames: ['ca.mesh', 'trustchain.mesh'],
  maxNames: 16,
  allowWildcards: false,
  allowedNetworks: ['fd00::/8', '127.0.0.0/8', '::1/128'],
};

/**
 * Besides `mesh`, the names that are nobody's on the Internet, for a cluster on one machine: RFC
 * 2606 §2 and §3, RFC 6761, RFC 6762 §3, RFC 8375, and `internal`, which ICANN reserved.
 */
export const localPolicy: NamePolicy = {
  ...meshPolicy,
  allowedSuffixes: [
    ...meshPolicy.allowedSuffixes,
    ...['test', 'example', 'example.com', 'example.net', 'example.org', 'localhost'],
    ...['local', 'internal', 'home.arpa'],
  ],
  allowWildcards: true,
};

type Problem = Refusal | null;

function dnsProblem(name: string, policy: NamePolicy): Problem {
  const problem = dnsNameProblem(name);
  if (problem !== null) return { code: 'badName', detail: `${name}: ${problem}` };
  const host = isWildcard(name) ? name.slice(2) : name;
  const denied = policy.deniedNames.find((other) => isUnder(host, other) || covers(name, other));
  if (denied !== undefined) return { code: 'nameDenied', detail: `${name}: ${denied} is denied` };
  if (isWildcard(name) && !policy.allowWildcards) {
    return { code: 'wildcardNotAllowed', detail: `${name}: this authority issues no wildcards` };
  }
  if (isWildcard(name) && policy.publicSuffixes?.includes(host)) {
    return { code: 'wildcardNotAllowed', detail: `${name}: strangers register under ${host}` };
  }
  if (!policy.allowedSuffixes.some((suffix) => suffix === '*' || isUnder(host, suffix))) {
    const allowed = policy.allowedSuffixes.join(', ');
    return { code: 'nameNotAllowed', detail: `${name}: not under ${allowed}` };
  }
  return null;
}

function addressProblem(address: string, policy: NamePolicy): Problem {
  const bytes = addressBytes(address) ?? new Uint8Array();
  // As verifiers compare it with the intermediate's constraints.
  const isAllowed = policy.allowedNetworks.some((network) =>
    isInNetwork(bytes, networkBytes(network) ?? new Uint8Array()),
  );
  if (isAllowed) return null;
  const allowed = policy.allowedNetworks.join(', ') || 'no address';
  return { code: 'addressNotAllowed', detail: `${address}: allowed is ${allowed}` };
}

const suffixShape = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** What is wrong with a configured policy, in words that name the field; null: nothing. */
export function policyFault(policy: NamePolicy): string | null {
  const lists = ['allowedSuffixes', 'deniedNames', 'publicSuffixes'] as const;
  for (const list of lists) {
    const any = list === 'allowedSuffixes' ? ', or * for any' : '';
    for (const name of policy[list] ?? []) {
      if (suffixShape.test(name) || (any !== '' && name === '*')) continue;
      return `${list}: ${JSON.stringify(name)} is no name in lower case, no dot around it${any}`;
    }
  }
  for (const network of policy.allowedNetworks) {
    if (networkBytes(network) !== null) continue;
    return `allowedNetworks: ${JSON.stringify(network)} is no network like fd00::/8 or 10.0.0.0/8`;
  }
  const { maxNames } = policy;
  return Number.isInteger(maxNames) && maxNames >= 1 && maxNames <= limits.names
    ? null
    : `maxNames: ${maxNames} is not a whole number from 1 to ${limits.names}`;
}

/**
 * The names a certificate for this request would carry, or why it gets none. A common name counts
 * as a name like any other (it is a DNS name, or nothing we could have checked): where it is not
 * asked for as an alternative name it becomes the first of them, since CA/B BR §7.1.4.3 wants it
 * there, and is judged and voted on with the rest. Refusing would turn away what many tools make.
 */
export function checkNames(csr: ParsedCsr, policy: NamePolicy): Checked<CertificateNames> {
  const wanted = csr.commonName === null ? csr.dnsNames : [csr.commonName, ...csr.dnsNames];
  const commonAddress = csr.commonName === null ? null : canonicalAddress(csr.commonName);
  const dns = commonAddress === null ? wanted : csr.dnsNames;
  const dnsNames = [...new Set(dns.map((name) => name.toLowerCase().replace(/\.$/, '')))];
  const ipAddresses = new Set<string>(commonAddress === null ? [] : [commonAddress]);
  for (const text of csr.ipAddresses) {
    const address = canonicalAddress(text);
    if (address === null) return refuse('badName', `${text}: no IP address`);
    ipAddresses.add(address);
  }
  const count = dnsNames.length + ipAddresses.size;
  const most = Math.min(policy.maxNames, limits.names);
  if (count === 0) return refuse('noNames', 'the request names nobody');
  if (count > most) return refuse('tooManyNames', `${count} names, at most ${most}`);
  const ipv6 = [...ipAddresses].filter((address) => isIPv6(address)).length;
  if (ipv6 > limits.ipv6Addresses) {
    return refuse('tooManyNames', `${ipv6} IPv6 addresses, at most ${limits.ipv6Addresses}`);
  }
  for (const name of dnsNames) {
    const refusal = dnsProblem(name, policy);
    if (refusal !== null) return { ok: false, refusal };
  }
  for (const address of ipAddresses) {
    const refusal = addressProblem(address, policy);
    if (refusal !== null) return { ok: false, refusal };
  }
  const first = dnsNames[0];
  const commonName = first !== undefined && first.length <= limits.commonNameLength ? first : null;
  return { ok: true, value: { commonName, dnsNames, ipAddresses: [...ipAddresses] } };
}
