import { domainToUnicode } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ParsedCsr } from '../../src/trustchain/csr.ts';
import { canonicalAddress, dnsNameProblem } from '../../src/trustchain/names.ts';
import {
  checkNames,
  localPolicy,
  type NamePolicy,
  policyFault,
} from '../../src/trustchain/policy.ts';

const policy: NamePolicy = {
  allowedSuffixes: ['mesh', 'example.org'],
  deniedNames: ['ca.mesh', 'secret.example.org'],
  maxNames: 4,
  allowWildcards: true,
  allowedNetworks: ['fd00::/8', '10.0.0.0/8'],
};

function wish(names: Partial<ParsedCsr>): ParsedCsr {
  return {
    publicKey: new Uint8Array(),
    keyType: 'ec',
    commonName: null,
    dnsNames: [],
    ipAddresses: [],
    ...names,
  };
}

const longLabel = 'x'.repeat(63);

test.each([
  ['host.mesh', null, 'under an allowed suffix'],
  ['example.org', null, 'an allowed suffix itself'],
  ['a.b.c.example.org', null, 'deep below one'],
  [`${longLabel}.mesh`, null, 'labels have up to 63 characters'],
  ['xn--bcher-kva.mesh', null, 'an internationalised label'],
  ['*.host.mesh', null, 'a wildcard covering nothing denied'],
  ['host.evil', 'nameNotAllowed', 'another suffix'],
  ['notmesh', 'badName', 'a single label is no public name'],
  ['host.notmesh', 'nameNotAllowed', 'ends alike, but is not below'],
  ['ca.mesh', 'nameDenied', 'denied'],
  ['www.ca.mesh', 'nameDenied', 'below a denied name'],
  ['*.mesh', 'badName', 'all there is'],
  ['*.ca.mesh', 'nameDenied', 'covers names below a denied one'],
  ['*.example.org', 'nameDenied', 'covers secret.example.org'],
  ['a.*.mesh', 'badName', 'a wildcard is the leftmost label'],
  ['w*.host.mesh', 'badName', 'and a whole one (RFC 6125 §7.2)'],
  ['-a.mesh', 'badName', 'hyphens stand inside'],
  ['a_b.mesh', 'badName', 'no underscores'],
  ['a..mesh', 'badName', 'no empty labels'],
  ['ab--cd.mesh', 'badName', 'reserved for other encodings'],
  ['xn--0.mesh', 'badName', 'not the encoding of any label'],
  ['host.mesh\0.evil.mesh', 'badName', 'no control characters'],
  ['b\u00fccher.mesh', 'badName', 'A-labels only'],
  [`x${longLabel}.mesh`, 'badName', 'labels have at most 63 characters'],
  [`${`${longLabel}.`.repeat(4)}mesh`, 'badName', 'names have at most 253'],
  ['10.1.2.3', 'badName', 'an address is no DNS name'],
  ['1.0x7f', 'badName', 'nor is what browsers read as one'],
  ['host.0x', 'badName', 'nor what they cannot read'],
])('The name %j ends with %s: %s', (name, code, _why) => {
  const checked = checkNames(wish({ dnsNames: [name] }), policy);
  expect(checked.ok ? null : checked.refusal.code).toBe(code);
});

test('A name that is in order decodes to itself, if it needs decoding or not', () => {
  const label = fc.string({ unit: fc.constantFrom(...'0179afnxz-'), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(label, { minLength: 2, maxLength: 4 }), (labels) => {
      const name = labels.join('.');
      if (dnsNameProblem(name) !== null || name.includes('xn--')) return;
      expect(domainToUnicode(name)).toBe(name);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['fd00::1', null, 'in an allowed network'],
  ['10.9.8.7', null, 'in an allowed network'],
  ['11.0.0.1', 'addressNotAllowed', 'outside'],
  ['2001:db8::1', 'addressNotAllowed', 'outside'],
  ['300.1.1.1', 'badName', 'no address'],
  ['::ffff:10.9.8.7', 'addressNotAllowed', 'verifiers know no IPv4 in IPv6'],
])('The address %s ends with %s: %s', (address, code, _why) => {
  const checked = checkNames(wish({ ipAddresses: [address] }), policy);
  expect(checked.ok ? null : checked.refusal.code).toBe(code);
});

test('Wildcards are the operator\u2019s choice', () => {
  const strict = { ...policy, allowWildcards: false };
  const checked = checkNames(wish({ dnsNames: ['*.host.mesh'] }), strict);
  expect(checked).toMatchObject({ refusal: { code: 'wildcardNotAllowed' } });
});

test('Nobody gets a wildcard where strangers register', () => {
  const suffixes = { ...policy, publicSuffixes: ['shared.mesh'] };
  const code = (name: string) => {
    const checked = checkNames(wish({ dnsNames: [name] }), suffixes);
    return checked.ok ? null : checked.refusal.code;
  };
  expect(code('*.shared.mesh')).toBe('wildcardNotAllowed');
  expect(code('*.mine.shared.mesh')).toBeNull();
  expect(code('mine.shared.mesh')).toBeNull();
});

test.each([
  [{}, null],
  [{ allowedSuffixes: ['*'] }, null],
  [{ allowedSuffixes: ['Mesh'] }, 'allowedSuffixes'],
  [{ deniedNames: ['*'] }, 'deniedNames'],
  [{ publicSuffixes: ['.uk'] }, 'publicSuffixes'],
  [{ allowedNetworks: ['fd00::'] }, 'allowedNetworks'],
  [{ allowedNetworks: ['fd00::1/8'] }, 'allowedNetworks'],
  [{ allowedNetworks: ['10.0.0.0/33'] }, 'allowedNetworks'],
  [{ maxNames: 0 }, 'maxNames'],
])('Of a policy with %j the fault is %j', (change, field) => {
  const fault = policyFault({ ...policy, ...change });
  expect(fault?.split(':')[0] ?? null).toBe(field);
});

test('Names are normalised and counted once, the common name first', () => {
  const csr = wish({
    commonName: 'HOST.mesh.',
    dnsNames: ['b.mesh', 'host.mesh', 'B.MESH'],
    ipAddresses: ['fd00:0:0:0::1', 'fd00::1'],
  });
  expect(checkNames(csr, policy)).toEqual({
    ok: true,
    value: { commonName: 'host.mesh', dnsNames: ['host.mesh', 'b.mesh'], ipAddresses: ['fd00::1'] },
  });
});

// CA/B BR §7.1.4.3: a common name is one of the alternative names.
test('A common name that is not asked for as an alternative one becomes one, and is judged', () => {
  const csr = wish({ commonName: 'first.mesh', dnsNames: ['second.mesh'] });
  const names = ['first.mesh', 'second.mesh'];
  expect(checkNames(csr, policy)).toMatchObject({
    value: { commonName: 'first.mesh', dnsNames: names },
  });
  for (const [commonName, code] of [
    ['other.example', 'nameNotAllowed'],
    ['ca.mesh', 'nameDenied'],
    ['Some Body', 'badName'],
  ] as const) {
    const checked = checkNames(wish({ commonName, dnsNames: ['second.mesh'] }), policy);
    expect(checked).toMatchObject({ ok: false, refusal: { code } });
  }
  const full = Array.from({ length: policy.maxNames }, (_, i) => `n${i}.mesh`);
  const one = wish({ commonName: 'more.mesh', dnsNames: full });
  expect(checkNames(one, policy)).toMatchObject({ refusal: { code: 'tooManyNames' } });
});

test('A name too long for a subject stands among the alternative names alone', () => {
  const name = `${longLabel}.mesh`;
  const checked = checkNames(wish({ commonName: name }), policy);
  expect(checked).toMatchObject({ value: { commonName: null, dnsNames: [name] } });
});

test.each([
  ['none', 0, 'noNames'],
  ['as many as allowed', 4, null],
  ['one more', 5, 'tooManyNames'],
])('Of names there may be %s (%i): %s', (_what, count, code) => {
  const dnsNames = Array.from({ length: count }, (_, i) => `h${i}.mesh`);
  const checked = checkNames(wish({ dnsNames }), policy);
  expect(checked.ok ? null : checked.refusal.code).toBe(code);
});

test('However many the policy allows, the vote carries 32 names and 16 IPv6 addresses', () => {
  const wide = { ...policy, maxNames: 1000 };
  const many = (n: number, of: (i: number) => string) => Array.from({ length: n }, (_, i) => of(i));
  const names = checkNames(wish({ dnsNames: many(33, (i) => `h${i}.mesh`) }), wide);
  expect(names).toMatchObject({ refusal: { code: 'tooManyNames' } });
  const addresses = checkNames(wish({ ipAddresses: many(17, (i) => `fd00::${i + 1}`) }), wide);
  expect(addresses).toMatchObject({ refusal: { code: 'tooManyNames' } });
});

test.each([
  ['FD00:0:0::0001', 'fd00::1'],
  ['127.0.0.1', '127.0.0.1'],
  ['fe80::1%eth0', null],
  ['1.2.3', null],
  ['host', null],
])('The address %s is written %s', (text, canonical) => {
  expect(canonicalAddress(text)).toBe(canonical);
});

test.each([
  ['web.mesh', null],
  ['localhost', null],
  ['www.example.com', null],
  ['*.dev.test', null],
  ['printer.local', null],
  ['example.dev', 'nameNotAllowed'],
  ['mesh', 'badName'],
])('a cluster on one machine and %s: %s', (name, code) => {
  const checked = checkNames(wish({ dnsNames: [name] }), localPolicy);
  expect(checked.ok ? null : checked.refusal.code).toBe(code);
  expect(policyFault(localPolicy)).toBeNull();
});
