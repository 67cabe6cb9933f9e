import { expect, test } from 'vitest';
import { ed25519 } from '../../src/base/signature.ts';
import { encodeResult } from '../../src/ledger/result.ts';
import { requestHash } from '../../src/proofs/request-codec.ts';
import { bindVote, serialName } from '../../src/trustchain/issuance.ts';
import { signCertificate } from '../../src/trustchain/issuer.ts';
import { signingKeyFromSeed } from '../../src/trustchain/keys.ts';
import { draftLeaf } from '../../src/trustchain/leaf.ts';
import { leafProfile } from '../../src/trustchain/leaf-profile.ts';
import type { LeafContent } from '../../src/trustchain/log/entry.ts';
import { logKey } from '../../src/trustchain/log/log-key.ts';
import { withSct } from '../../src/trustchain/log/precertificate.ts';
import { type Sct, signSct } from '../../src/trustchain/log/sct.ts';
import type { CertificateNames } from '../../src/trustchain/names.ts';
import { toPem } from '../../src/trustchain/pem.ts';
import { SharedAnswer } from '../../src/trustchain/shared-answer.ts';
import { votedSubject } from '../../src/trustchain/subject.ts';
import {
  chainOf,
  parseValidatorsFile,
  validatorSetHash,
} from '../../src/trustchain/validators-file.ts';
import { type Verification, verifyCertificate } from '../../src/trustchain/verify.ts';
import {
  FakeCluster,
  type Lies,
  makeAuthority,
  makeIssuer,
  makeLog,
  nowMs,
  validResult,
} from './fake-cluster.ts';
import { lies } from './lies.ts';

const extensionOid = '1.3.6.1.4.1.32473.1';
const requester = { requestId: 'r-1', nodeId: new Uint8Array(32).fill(1), requirements: null };
const honest: CertificateNames = { commonName: 'a.mesh', dnsNames: ['a.mesh'], ipAddresses: [] };
const evil: CertificateNames = {
  commonName: 'bank.mesh',
  dnsNames: ['bank.mesh'],
  ipAddresses: [],
};

/** What a certificate of the file's first epoch says of it. */
function hashOf(validatorsJson: string): string {
  const file = parseValidatorsFile(validatorsJson);
  const chain = file.ok ? chainOf(file.value, ed25519) : file;
  if (!file.ok || !chain.ok) throw new Error('not a file of ours');
  return validatorSetHash(file.value, chain.value, file.value.validators.epoch) as string;
}

/** The promise on a certificate by the log that `validators.json` names. */
type Promised = (content: LeafContent) => Sct | null;
const honestly: Promised = (content) => signSct(makeLog().key, content);

/**
 * A CA that has been taken over: it has the vote on `voted` (with `lie` told about it) and signs a
 * certificate for `signed`, with its own good key and what it calls a promise of the log.
 */
function forge(
  lie: Lies,
  voted: CertificateNames = honest,
  signed: CertificateNames = voted,
  promised: Promised = honestly,
): Verification {
  const cluster = new FakeCluster();
  const issuer = makeIssuer();
  const { validatorsJson } = makeAuthority(cluster);
  const { publicKey } = signingKeyFromSeed(new Uint8Array(32).fill(8));
  const serial = new Uint8Array(16).fill(0x41);
  const cut = { issuer, profile: leafProfile, serial, nowMs, publicKey, urls: null };
  const draft = draftLeaf({ ...cut, names: voted });
  const subject = votedSubject(draft.tbs0, draft.tbsDigest, requester)!.subject;
  const operation = new TextEncoder().encode(requestHash(subject));
  cluster.lies = lie;
  const answer = validResult(operation, subject);
  const told = lie.result?.(answer) ?? answer;
  const result = told instanceof Uint8Array ? told : encodeResult(told);
  const certified = cluster.certify(operation, result);
  const shared = SharedAnswer.of(certified, cluster.validators, hashOf(validatorsJson));
  const proofJson = shared.proofJson(serialName(serial));
  const { tbs0 } = draftLeaf({ ...cut, names: signed });
  const tbs = bindVote({ tbs0, answer: shared, requirements: null, extensionOid });
  const sct = promised({ timestampMs: nowMs, issuerKeyHash: issuer.key.keyHash, tbs });
  const final = sct === null ? tbs : withSct(tbs, sct);
  const certificatePem = toPem('CERTIFICATE', signCertificate(final, issuer.key));
  return verifyCertificate({ certificatePem, validatorsJson, proofJson, caPem: issuer.pem });
}

test('What this test forges is accepted as long as it does not lie', () => {
  expect(forge({}).checks.filter(({ ok }) => !ok)).toEqual([]);
});

test.each(lies)('Even the CA\u2019s own key makes no certificate of %s: %s', (_what, _why, lie) => {
  const { ok, checks } = forge(lie);
  expect(ok).toBe(false);
  expect(['consensus extension', 'quorum', 'decision']).toContain(checks.at(-1)?.name);
});

const strangers = logKey(signingKeyFromSeed(new Uint8Array(32).fill(9)));

test.each<[string, Promised]>([
  ['without a promise', () => null],
  ['with the promise of another log', (content) => signSct(strangers, content)],
  [
    'with the promise of another log under the name of ours',
    (content) => ({ ...signSct(strangers, content), logId: makeLog().key.logId }),
  ],
  ['that was promised at another time', (it) => ({ ...honestly(it)!, timestampMs: nowMs + 1 })],
  [
    'with the promise on another',
    (content) =>
      honestly({ ...content, tbs: content.tbs.map((octet, i) => (i === 40 ? 1 : octet)) }),
  ],
  [
    'with a promise for another issuer',
    (content) => honestly({ ...content, issuerKeyHash: 'ab'.repeat(32) }),
  ],
])('A CA cannot issue a certificate %s', (_what, promised) => {
  const { ok, checks } = forge({}, honest, honest, promised);
  expect(ok).toBe(false);
  expect(checks.at(-1)).toMatchObject({ name: 'log promise', ok: false });
});

test('A CA cannot certify what the quorum refused', () => {
  const failures = [{ proof: 'stake', reason: 'none', measured: '0', required: '1' }] as const;
  const refused = forge({ result: (it) => ({ ...it, status: 'invalid', failures }) });
  expect(refused.checks.at(-1)).toMatchObject({ name: 'decision', ok: false });
});

test('A CA cannot spend the vote on one name on another', () => {
  expect(forge({}, honest, evil).checks.at(-1)).toMatchObject({
    name: 'decision',
    ok: false,
    detail: expect.stringContaining('the vote is on TBS'),
  });
});

test('A CA cannot have the digest of one certificate voted on under the names of another', () => {
  const { publicKey } = signingKeyFromSeed(new Uint8Array(32).fill(8));
  const serial = new Uint8Array(16).fill(0x41);
  const cut = { issuer: makeIssuer(), profile: leafProfile, serial, nowMs, publicKey, urls: null };
  const { tbsDigest } = draftLeaf({ ...cut, names: evil });
  // The cluster was shown honest names beside the digest of the evil certificate.
  const honestDraft = draftLeaf({ ...cut, names: honest });
  const shown = votedSubject(honestDraft.tbs0, tbsDigest, requester)!.subject;
  const result: Lies = { result: (it) => ({ ...it, requestHash: requestHash(shown), tbsDigest }) };
  expect(forge(result, evil).checks.at(-1)).toMatchObject({
    name: 'decision',
    ok: false,
    detail: expect.stringContaining('other names'),
  });
});
