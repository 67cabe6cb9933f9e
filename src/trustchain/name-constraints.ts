import { assert } from '../base/assert.ts';
import { concatBytes, utf8 } from '../base/bytes.ts';
import { type Element, readElements, readInside } from './der-reader.ts';
import { sequence, tagged, taggedBytes, tags } from './der-writer.ts';
import { addressBytes, isUnder } from './names.ts';
import type { NamePolicy } from './policy.ts';

/** GeneralSubtree (RFC 5280 §4.2.1.10): what stands at or below it. */
export type Subtree =
  /** The empty name is above all names. */
  | { readonly type: 'dns'; readonly name: string }
  /** Address and mask, 8 octets or 32. */
  | { readonly type: 'network'; readonly bytes: Uint8Array };

/** Names a CA certificate lets be certified below it; a type that is not mentioned is free. */
export interface NameConstraints {
  readonly permitted: readonly Subtree[];
  readonly excluded: readonly Subtree[];
}

/** A name of a leaf: text of a DNS name, or octets of an address. */
export type ConstrainedName =
  | { readonly type: 'dns'; readonly name: string }
  | { readonly type: 'address'; readonly bytes: Uint8Array };

const everyName: Subtree = { type: 'dns', name: '' };
const everyAddress: readonly Subtree[] = [8, 32].map((length) => ({
  type: 'network',
  bytes: new Uint8Array(length),
}));

/**
 * What a policy allows, as constraints. Its deny list stays out: the operator may change it any
 * day, and an intermediate stands for years.
 */
export function constraintsOf(policy: NamePolicy): NameConstraints {
  const { allowedSuffixes, allowedNetworks } = policy;
  const anyName = allowedSuffixes.includes('*');
  const names: Subtree[] = anyName ? [] : allowedSuffixes.map((name) => ({ type: 'dns', name }));
  const networks = allowedNetworks.map((network): Subtree => {
    const bytes = networkBytes(network);
    assert(bytes !== null, `${network} is no network: policyFault comes first`);
    return { type: 'network', bytes };
  });
  return {
    permitted: [...names, ...networks],
    // No subtree of a type would mean that all of it is permitted.
    excluded: [
      ...(names.length === 0 && !anyName ? [everyName] : []),
      ...(networks.length === 0 ? everyAddress : []),
    ],
  };
}

/** Address and mask of `fd00::/8`; null when the text is none, or has bits below its mask. */
export function networkBytes(network: string): Uint8Array | null {
  const [base = '', prefix = '', more] = network.split('/');
  const address = addressBytes(base);
  const bits = /^(0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (address === null || more !== undefined || !(bits <= address.length * 8)) return null;
  const mask = address.map((_, i) => 0xff & ~(0xff >> Math.min(8, Math.max(0, bits - 8 * i))));
  if (address.some((octet, i) => (octet & ~(mask[i] as number)) !== 0)) return null;
  return concatBytes(address, mask);
}

/** DER of the extension's value. */
export function encodeConstraints({ permitted, excluded }: NameConstraints): Uint8Array {
  const subtrees = (number: number, list: readonly Subtree[]): Uint8Array[] =>
    list.length === 0 ? [] : [tagged(number, ...list.map((tree) => sequence(base(tree))))];
  return sequence(...subtrees(0, permitted), ...subtrees(1, excluded));
}

function base(tree: Subtree): Uint8Array {
  return tree.type === 'dns' ? taggedBytes(2, utf8(tree.name)) : taggedBytes(7, tree.bytes);
}

/** Reads the extension's value; null when malformed, or with a type of name we never constrain. */
export function decodeConstraints(der: Uint8Array): NameConstraints | null {
  const parts = readInside(der, tags.sequence);
  if (parts === null || parts.length === 0) return null;
  const found: { permitted: Subtree[]; excluded: Subtree[] } = { permitted: [], excluded: [] };
  for (const { tag, content } of parts) {
    const trees = readElements(content)?.map(readSubtree) ?? [null];
    if (tag !== 0xa0 && tag !== 0xa1) return null;
    for (const tree of trees) {
      if (tree === null) return null;
      found[tag === 0xa0 ? 'permitted' : 'excluded'].push(tree);
    }
  }
  return found;
}

function readSubtree({ tag, content }: Element): Subtree | null {
  // A minimum or maximum (RFC 5280 forbids them) would be a second element.
  const [name, more] = tag === tags.sequence ? (readElements(content) ?? []) : [];
  if (name === undefined || more !== undefined) return null;
  if (name.tag === 0x82) return { type: 'dns', name: Buffer.from(name.content).toString('latin1') };
  const { length } = name.content;
  if (name.tag !== 0x87 || (length !== 8 && length !== 32)) return null;
  return { type: 'network', bytes: name.content };
}

function contains(tree: Subtree, name: ConstrainedName): boolean {
  if (tree.type === 'dns') {
    return name.type === 'dns' && (tree.name === '' || isUnder(name.name, tree.name));
  }
  return name.type === 'address' && isInNetwork(name.bytes, tree.bytes);
}

/** Whether an address lies in a network given as address and mask; never across IP versions. */
export function isInNetwork(address: Uint8Array, network: Uint8Array): boolean {
  const { length } = address;
  if (network.length !== 2 * length) return false;
  return address.every((octet, i) => {
    const mask = network[length + i] as number;
    return (octet & mask) === ((network[i] as number) & mask);
  });
}

/** Whether a certificate may carry this name below a CA with these constraints (§6.1.3 b, c). */
export function isWithin(name: ConstrainedName, constraints: NameConstraints): boolean {
  if (constraints.excluded.some((tree) => contains(tree, name))) return false;
  const type = name.type === 'dns' ? 'dns' : 'network';
  const ofType = constraints.permitted.filter((tree) => tree.type === type);
  return ofType.length === 0 || ofType.some((tree) => contains(tree, name));
}
