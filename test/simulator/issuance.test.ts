import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { decodeResult, encodeResult } from '../../src/ledger/result.ts';
import type { Issued } from '../../src/simulator/checkers/checker.ts';
import { IssuanceChecker } from '../../src/simulator/checkers/issuance.ts';
import { readSigned } from '../../src/trustchain/certificate-reader.ts';
import { defaultExtensionOid } from '../../src/trustchain/consensus-extension.ts';
import { oids } from '../../src/trustchain/fields.ts';
import { makeIssuer, signCertificate } from '../../src/trustchain/issuer.ts';
import { dropExtensions } from '../../src/trustchain/leaf.ts';
import { toPem } from '../../src/trustchain/pem.ts';
import { meshPolicy } from '../../src/trustchain/policy.ts';
import {
  ask,
  csrFor,
  FakeCluster,
  makeAuthority,
  makeLog,
  nowMs,
} from '../trustchain/fake-cluster.ts';

/** What this authority may certify is wider than what the checker knows of the policy. */
const policy = { ...meshPolicy, allowedSuffixes: ['mesh', 'example'], deniedNames: [] };
const random = new Random('issuer');
const chance = (sizeBytes: number): Uint8Array => random.bytes(sizeBytes);
const issuer = makeIssuer({ nowMs, chance, policy });
const issuerChain = [issuer.certificate.der, issuer.root.der];

/** Two certificates, as the checker would be told of them. */
function history(names = ['one.mesh', 'two.mesh']) {
  const cluster = new FakeCluster();
  const log = makeLog();
  const authority = makeAuthority(cluster, { issuer, log, policy });
  const answering = { log, issuerChain };
  return names.map((name): Issued => {
    const outcome = ask(authority, cluster, name, csrFor(name));
    if (outcome.type !== 'issued') throw new Error(JSON.stringify(outcome));
    const extensionOid = defaultExtensionOid;
    return { ...outcome, answering, extensionOid, recorded: true };
  });
}

/** Tells the checker of the answers, then of the certificates, and says what it found. */
function judge(told: readonly Issued[], acknowledged = told): string | null {
  const checker = new IssuanceChecker();
  for (const { certified } of acknowledged) {
    const operation = new Uint8Array();
    expect(
      checker.onAcknowledged({ operation, requestDigest: digestIn(certified), certified }),
    ).toBe(null);
  }
  for (const issued of told) {
    const finding = checker.onIssued(issued);
    if (finding !== null) return finding.detail;
  }
  return checker.onEnd()?.detail ?? null;
}

/** The same certificate, with another entry of the log to its name. */
function at(issued: Issued, logIndex: number): Issued {
  const certificate = Object.create(issued.certificate, { logIndex: { value: logIndex } });
  return { ...issued, certificate };
}

const digestIn = ({ answer }: Issued['certified']): string => answer.requestDigest;

test('What was allowed, voted, logged and recorded is no finding', () => {
  expect(judge(history())).toBeNull();
});

test('A certificate on an answer that no client got is found', () => {
  const told = history();
  expect(judge(told, told.slice(1))).toContain('no client was told that its request is valid');
});

test('A certificate on a quorum\u2019s no is found', () => {
  const [one] = history(['one.mesh']) as [Issued];
  const { answer } = one.certified;
  const decoded = decodeResult(answer.result);
  if (!decoded.ok || decoded.value.type !== 'validation') throw new Error('no decision');
  const failures = [{ proof: 'stake', reason: 'none', measured: '0', required: '1' }] as const;
  const result = encodeResult({ ...decoded.value, status: 'invalid', failures });
  const refused = { ...one, certified: { ...one.certified, answer: { ...answer, result } } };
  expect(judge([one], [refused])).toContain('no client was told that its request is valid');
});

test('A certificate on the vote on another is found', () => {
  const [one, two] = history() as [Issued, Issued];
  const swapped = { ...one, certified: two.certified };
  expect(judge([swapped], [one, two])).toContain('the vote was on another one');
});

test('A name that the policy does not allow is found', () => {
  expect(judge(history(['one.example']))).toContain('the policy does not allow DNS:one.example');
  expect(judge(history(['ca.mesh']))).toContain('the policy does not allow DNS:ca.mesh');
});

test('A serial that comes twice is found', () => {
  const [one] = history() as [Issued, Issued];
  expect(judge([one, one])).toContain('its serial was used before');
});

test('A certificate that its authority has not written down is found', () => {
  const [one] = history(['one.mesh']) as [Issued];
  expect(judge([{ ...one, recorded: false }])).toContain('its authority does not have it');
});

test('A certificate that is not in the log, or elsewhere than it says, is found', () => {
  const [one, two] = history() as [Issued, Issued];
  const empty = { ...one, answering: { log: makeLog(), issuerChain } };
  expect(judge([empty])).toContain('tree_size');
  const elsewhere = at(one, 1);
  expect(judge([elsewhere], [one, two])).toContain('log entry 1 is another');
});

test('A log entry that nobody got a certificate for is found', () => {
  const told = history();
  expect(judge(told.slice(0, 1), told)).toBe('the log has 2 entries, 1 certificates were issued');
});

test('A log that is not what it was is found', () => {
  const [one] = history(['one.mesh']) as [Issued];
  const [other, second] = history(['three.mesh', 'two.mesh']) as [Issued, Issued];
  expect(judge([one, second], [one, other, second])).toContain('does not begin with that of 1');
});

test('A promise by another key than the log\u2019s is found', () => {
  const [one] = history(['one.mesh']) as [Issued];
  const { log } = one.answering;
  const strange = Object.create(log, {
    key: { value: { ...log.key, publicKey: issuer.key.publicKey } },
  });
  expect(judge([{ ...one, answering: { log: strange, issuerChain } }])).toContain(
    'its SCT is forged',
  );
});

/** The same certificate without one kind of extension, under a good signature. */
function without(issued: Issued, oid: string): Issued {
  const der = new Uint8Array(new X509Certificate(issued.certificate.pem).raw);
  const tbs = dropExtensions(readSigned(der)!.toBeSigned, [oid])!;
  const pem = toPem('CERTIFICATE', signCertificate(tbs, issuer.key));
  return { ...issued, certificate: Object.create(issued.certificate, { pem: { value: pem } }) };
}

test('A certificate without a promise, or without a name, is found', () => {
  const [one] = history(['one.mesh']) as [Issued];
  expect(judge([without(one, oids.signedTimestamps)])).toContain('it carries no SCT');
  expect(judge([without(one, oids.subjectAltName)])).toContain('it names nobody');
});

test('Two certificates that claim one log entry are found', () => {
  const [one, two] = history() as [Issued, Issued];
  const same = at(two, 0);
  expect(judge([one, same])).toContain('log entry 0 is another certificate');
});

test('An entry that the log cannot show to be under its head is found', () => {
  const [one] = history() as [Issued, Issued];
  const { log } = one.answering;
  const forgetful = Object.create(log, { inclusionPath: { value: () => [] } });
  expect(judge([{ ...one, answering: { log: forgetful, issuerChain } }])).toContain(
    'log entry 0 is not under the tree head',
  );
});
