import { expect, test } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import type { Vote } from '../../src/pbft/messages.ts';
import { formatProofFile, parseProofFile } from '../../src/trustchain/proof-file.ts';
import { parseValidatorsFile } from '../../src/trustchain/validators-file.ts';
import { type VerificationInput, verifyCertificate } from '../../src/trustchain/verify.ts';
import { csrFor, FakeCluster, issue, makeAuthority, nowMs } from './fake-cluster.ts';

function issued(n = 4): VerificationInput & { readonly proofJson: string; readonly caPem: string } {
  const cluster = new FakeCluster(n);
  const authority = makeAuthority(cluster);
  const { pem, proofJson } = issue(authority, cluster);
  return {
    certificatePem: pem,
    validatorsJson: authority.validatorsJson,
    proofJson,
    caPem: authority.caPem,
  };
}

/** Every text with one byte changed: by turns its low bit, its case bit, and for another digit. */
function* mutations(text: string): Generator<{ at: number; text: string }> {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const other = [code ^ 1, code ^ 0x20, 0x30 + ((code + 1) % 10)][at % 3] as number;
    yield { at, text: text.slice(0, at) + String.fromCharCode(other) + text.slice(at + 1) };
  }
}

function accepted(input: VerificationInput): boolean {
  return verifyCertificate(input).ok;
}

test('A certificate verifies offline from the validators file alone', () => {
  const { certificatePem, validatorsJson } = issued();
  const { ok, checks } = verifyCertificate({
    certificatePem,
    validatorsJson,
    proofJson: null,
    caPem: null,
  });
  expect(checks.filter((check) => !check.ok)).toEqual([]);
  expect(ok).toBe(true);
  expect(checks.map(({ name }) => name)).toEqual([
    'validators file',
    'certificate encoding',
    'certificate signature',
    'consensus extension',
    'votes',
    'quorum',
    'decision',
    'log promise',
  ]);
});

test('Proof file, CA certificate and time are checked where they are given', () => {
  const { ok, checks } = verifyCertificate({ ...issued(), nowMs });
  expect(ok).toBe(true);
  const names = checks.map(({ name }) => name);
  for (const name of ['proof file', 'proof file content', 'CA certificate', 'in force']) {
    expect(names).toContain(name);
  }
});

test('No byte of the certificate can change', () => {
  const input = issued();
  const undetected = [...mutations(input.certificatePem)].filter(({ text }) =>
    accepted({ ...input, certificatePem: text, proofJson: null, caPem: null }),
  );
  expect(undetected).toEqual([]);
});

test('No byte of the proof file can change', () => {
  const input = issued();
  const undetected = [...mutations(input.proofJson)].filter(({ text }) =>
    accepted({ ...input, proofJson: text }),
  );
  expect(undetected).toEqual([]);
});

test('No byte of the validators file can change', () => {
  const input = issued();
  const undetected = [...mutations(input.validatorsJson)].filter(({ text }) =>
    accepted({ ...input, validatorsJson: text, proofJson: null, caPem: null }),
  );
  expect(undetected).toEqual([]);
});

test('No byte of the CA certificate can change', () => {
  const input = issued();
  const undetected = [...mutations(input.caPem)].filter(({ text }) =>
    accepted({ ...input, caPem: text, proofJson: null }),
  );
  expect(undetected).toEqual([]);
});

test.each([
  ['a newline at the end', (pem: string) => `${pem}\n`],
  ['no newline at the end', (pem: string) => pem.trimEnd()],
  ['carriage returns', (pem: string) => pem.replaceAll('\n', '\r\n')],
  ['a comment in front', (pem: string) => `# mine\n${pem}`],
  ['the block twice', (pem: string) => pem + pem],
])('The certificate is refused with %s', (_what, change) => {
  const input = issued();
  expect(accepted({ ...input, certificatePem: change(input.certificatePem) })).toBe(false);
});

test('The chain may follow the certificate, up to the root, and nothing else', () => {
  const input = issued();
  const { certificatePem, caPem } = input;
  const chainPem = caPem.slice(0, caPem.indexOf('-----END') + 26);
  const rootPem = caPem.slice(chainPem.length);
  for (const given of [caPem, null]) {
    const check = (chain: string) =>
      accepted({ ...input, caPem: given, certificatePem: certificatePem + chain });
    expect(check(chainPem)).toBe(true);
    expect(check(chainPem + rootPem)).toBe(true);
    expect(check(rootPem)).toBe(false);
    expect(check(rootPem + chainPem)).toBe(false);
    expect(check(chainPem + rootPem + rootPem)).toBe(false);
    expect(check(chainPem + certificatePem)).toBe(false);
  }
  const some = [...mutations(caPem)].filter(({ at }) => at % 11 === 0);
  const undetected = some.filter(({ text }) =>
    accepted({ ...input, caPem: null, certificatePem: certificatePem + text }),
  );
  expect(undetected).toEqual([]);
});

test.each([
  ['the validators file', 'validatorsJson'],
  ['the proof file', 'proofJson'],
] as const)('Spaces and order of %s are its content', (_what, field) => {
  const input = issued();
  const text = input[field];
  const compact = JSON.stringify(JSON.parse(text));
  const [first, ...rest] = Object.entries(JSON.parse(text) as Record<string, unknown>);
  const turned = Object.fromEntries([...rest, first as [string, unknown]]);
  for (const changed of [compact, `${JSON.stringify(turned, null, 2)}\n`, `${text} `]) {
    expect(accepted({ ...input, [field]: changed })).toBe(false);
    const parse = field === 'proofJson' ? parseProofFile : parseValidatorsFile;
    expect(parse(text).ok).toBe(true);
    expect(parse(changed).ok).toBe(false);
  }
});

test('A certificate does not verify under another certificate\u2019s proof file', () => {
  const cluster = new FakeCluster();
  const authority = makeAuthority(cluster);
  const first = issue(authority, cluster, 'r-1', csrFor('a.mesh'));
  const second = issue(authority, cluster, 'r-2', csrFor('b.mesh'));
  const { validatorsJson } = authority;
  const check = (proofJson: string) =>
    accepted({ certificatePem: first.pem, validatorsJson, proofJson, caPem: null });
  expect(check(first.proofJson)).toBe(true);
  expect(check(second.proofJson)).toBe(false);
});

test('A certificate does not verify with the validators of another cluster', () => {
  const input = issued();
  const strangers = makeAuthority(new FakeCluster(4, undefined, 'strangers')).validatorsJson;
  expect(accepted({ ...input, validatorsJson: strangers })).toBe(false);
});

test('Above sixteen replicas the votes stand in the proof file, and only there', () => {
  const input = issued(17);
  const { certificatePem, validatorsJson, proofJson } = input;
  const without = verifyCertificate({
    certificatePem,
    validatorsJson,
    proofJson: null,
    caPem: null,
  });
  expect(without.ok).toBe(false);
  expect(without.checks.at(-1)).toMatchObject({ name: 'votes', ok: false });
  expect(accepted(input)).toBe(true);
  const at = proofJson.indexOf('"signature": "') + 20;
  const digit = proofJson[at] === '0' ? '1' : '0';
  const forged = proofJson.slice(0, at) + digit + proofJson.slice(at + 1);
  expect(accepted({ ...input, proofJson: forged })).toBe(false);
});

test('Up to sixteen replicas the certificate carries the votes and stays below four KiB', () => {
  const input = issued(16);
  expect(accepted({ ...input, proofJson: null })).toBe(true);
  expect((input.certificatePem.length * 3) / 4).toBeLessThan(4096);
});

test('Above sixteen replicas another quorum\u2019s votes are not the ones it was issued on', () => {
  const cluster = new FakeCluster(17);
  const authority = makeAuthority(cluster);
  let others: readonly Vote[] = [];
  cluster.lies = {
    certified: (it) => {
      others = cluster.votesOn(it.certificate.statement, 0);
      return it;
    },
  };
  const { pem, proofJson } = issue(authority, cluster);
  const proof = parseProofFile(proofJson);
  if (!proof.ok) throw new Error(proof.reason);
  const certificate = { ...proof.value.certificate, votes: others };
  const swapped = formatProofFile({ ...proof.value, certificate });
  const { validatorsJson } = authority;
  const input = { certificatePem: pem, validatorsJson, caPem: null };
  expect(accepted({ ...input, proofJson })).toBe(true);
  const { checks } = verifyCertificate({ ...input, proofJson: swapped });
  expect(checks.at(-1)).toMatchObject({ name: 'votes', ok: false });
});

test('Ideal signatures prove nothing outside their run', () => {
  const cluster = new FakeCluster(4, idealScheme);
  const authority = makeAuthority(cluster);
  const { pem } = issue(authority, cluster);
  const { validatorsJson } = authority;
  const input = { certificatePem: pem, validatorsJson, proofJson: null, caPem: null };
  expect(accepted({ ...input, scheme: cluster.scheme })).toBe(true);
  expect(verifyCertificate(input).checks.at(-1)).toMatchObject({ name: 'quorum', ok: false });
});

test('An expired certificate is not in force', () => {
  const input = issued();
  const dayMs = 24 * 60 * 60 * 1000;
  expect(accepted({ ...input, nowMs: nowMs + dayMs - 1000 })).toBe(true);
  expect(accepted({ ...input, nowMs: nowMs + dayMs + 1000 })).toBe(false);
});
