import { createHash } from 'node:crypto';
import * as ocsp from '@peculiar/asn1-ocsp';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, Certificate, Extension } from '@peculiar/asn1-x509';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import { Random } from '../../src/base/random.ts';
import { toBuffer, toDer } from '../../src/trustchain/der.ts';
import { readInside } from '../../src/trustchain/der-reader.ts';
import { verifySignature } from '../../src/trustchain/keys.ts';
import { limits } from '../../src/trustchain/limits.ts';
import { OcspResponder, ocspLifetimeMs, type Standing } from '../../src/trustchain/ocsp.ts';
import { ocspRequestOfPath, readOcspRequest } from '../../src/trustchain/ocsp-request.ts';
import { makeIssuer, nowMs } from './fake-cluster.ts';

const issuer = makeIssuer();
const good = '11'.repeat(16);
const revoked = '22'.repeat(16);
const standings: Readonly<Record<string, Standing>> = {
  [good]: 'good',
  [revoked]: { serial: revoked, reason: 'superseded', revokedAtMs: nowMs, notAfterMs: nowMs },
};
const responder = new OcspResponder(issuer, (serial) => standings[serial] ?? 'unknown');
const nonceOid = '1.3.6.1.5.5.7.48.1.2';

/** A CertID made by the library, of the intermediate of `makeIssuer(of)`. */
function certId(serial: string, of = issuer): ocsp.CertID {
  const { tbsCertificate } = AsnConvert.parse(of.certificate.der, Certificate);
  const sha1 = (bytes: ArrayBuffer) =>
    new OctetString(createHash('sha1').update(new Uint8Array(bytes)).digest());
  return new ocsp.CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: '1.3.14.3.2.26' }),
    issuerNameHash: sha1(AsnConvert.serialize(tbsCertificate.subject)),
    issuerKeyHash: sha1(tbsCertificate.subjectPublicKeyInfo.subjectPublicKey),
    serialNumber: toBuffer(fromHex(serial)!),
  });
}

function ask(ids: readonly ocsp.CertID[], extensions: readonly Extension[] = []): Uint8Array {
  const requestList = ids.map((reqCert) => new ocsp.Request({ reqCert }));
  const some = extensions.length === 0 ? {} : { requestExtensions: [...extensions] };
  const tbsRequest = new ocsp.TBSRequest({ requestList, ...some });
  return toDer(new ocsp.OCSPRequest({ tbsRequest }));
}

function nonce(octets: number): Extension {
  const value = toDer(new OctetString(new Uint8Array(octets).fill(7)));
  return new Extension({ extnID: nonceOid, extnValue: new OctetString(value) });
}

function parse(der: Uint8Array): { status: number; basic: ocsp.BasicOCSPResponse | null } {
  const response = AsnConvert.parse(der, ocsp.OCSPResponse);
  const bytes = response.responseBytes?.response;
  const basic = bytes === undefined ? null : AsnConvert.parse(bytes, ocsp.BasicOCSPResponse);
  return { status: Number(response.responseStatus), basic };
}

function singles(der: Uint8Array): ocsp.SingleResponse[] {
  return [...(parse(der).basic?.tbsResponseData.responses ?? [])];
}

test('One answer tells good, revoked with time and reason, and unknown, in the order asked', () => {
  const der = responder.answer(
    ask([certId(good), certId(revoked), certId('33'.repeat(16))]),
    nowMs,
  );
  const [first, second, third] = singles(der);
  expect(first?.certStatus.good).toBeDefined();
  const wholeSecondMs = nowMs - (nowMs % 1000);
  expect(second?.certStatus.revoked?.revocationTime.getTime()).toBe(wholeSecondMs);
  expect(Number(second?.certStatus.revoked?.revocationReason?.reason)).toBe(4);
  expect(third?.certStatus.unknown).toBeDefined();
  for (const single of [first, second, third]) {
    expect(single?.thisUpdate.getTime()).toBe(wholeSecondMs);
    expect(single?.nextUpdate?.getTime()).toBe(wholeSecondMs + ocspLifetimeMs);
  }
});

test('The answer is signed by the intermediate, and by nobody else', () => {
  const { basic } = parse(responder.answer(ask([certId(good)]), nowMs));
  const signed = new Uint8Array(AsnConvert.serialize(basic!.tbsResponseData));
  const signature = new Uint8Array(basic!.signature);
  expect(verifySignature(issuer.key.publicKey, signed, signature)).toBe(true);
  expect(verifySignature(issuer.root.publicKey, signed, signature)).toBe(false);
  expect(basic!.certs ?? []).toEqual([]);
});

test.each([1, 16, 128])('A nonce of %i octets comes back as it was', (octets) => {
  const { basic } = parse(responder.answer(ask([certId(good)], [nonce(octets)]), nowMs));
  const [found] = basic!.tbsResponseData.responseExtensions ?? [];
  expect(found?.extnID).toBe(nonceOid);
  expect(new Uint8Array(found!.extnValue.buffer)).toEqual(
    new Uint8Array(nonce(octets).extnValue.buffer),
  );
});

const critical = new Extension({
  extnID: '1.2.3.4',
  critical: true,
  extnValue: new OctetString(new Uint8Array(2)),
});

test.each([
  ['nothing', 'there is no question', new Uint8Array()],
  ['an empty list', 'there is nobody to speak of', ask([])],
  ['a nonce of 0 octets', 'RFC 9654 wants one at least', ask([certId(good)], [nonce(0)])],
  ['a nonce of 129 octets', 'RFC 9654 wants 128 at most', ask([certId(good)], [nonce(129)])],
  ['two nonces', 'which one to repeat?', ask([certId(good)], [nonce(9), nonce(9)])],
  ['an unknown critical extension', 'RFC 6960 \u00a74.4', ask([certId(good)], [critical])],
  ['33 certificates', 'answers cost time', ask(Array(limits.ocspRequests + 1).fill(certId(good)))],
  ['a byte too many', 'DER is one element', Uint8Array.from([...ask([certId(good)]), 0])],
  ['too many bytes', 'memory is ours', new Uint8Array(limits.ocspRequestBytes + 1)],
])('Asked with %s it says malformed: %s', (_what, _why, request) => {
  expect(parse(responder.answer(request, nowMs))).toEqual({ status: 1, basic: null });
});

test('Asked about others\u2019 certificates alone it says unauthorised, among ours unknown', () => {
  const other = certId(good, makeIssuer('another'));
  expect(parse(responder.answer(ask([other]), nowMs))).toEqual({ status: 6, basic: null });
  const [ours, theirs] = singles(responder.answer(ask([certId(good), other]), nowMs));
  expect(ours?.certStatus.good).toBeDefined();
  expect(theirs?.certStatus.unknown).toBeDefined();
});

test('A hash this responder does not know is unauthorised too', () => {
  const id = certId(good);
  id.hashAlgorithm = new AlgorithmIdentifier({ algorithm: '1.2.840.113549.2.5' });
  expect(parse(responder.answer(ask([id]), nowMs)).status).toBe(6);
});

test('A serial with other octets in front is another serial', () => {
  const [single] = singles(responder.answer(ask([certId(`01${good}`)]), nowMs));
  expect(single?.certStatus.unknown).toBeDefined();
});

test('Whatever the bytes, the answer is an OCSP response, and never good of a stranger', () => {
  const honest = ask([certId(good)], [nonce(16)]);
  const mutated = fc
    .tuple(fc.nat(honest.length - 1), fc.integer({ min: 1, max: 255 }))
    .map(([at, mask]) => honest.map((octet, i) => (i === at ? octet ^ mask : octet)));
  const anything = fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated);
  fc.assert(
    fc.property(anything, (request) => {
      const der = responder.answer(request, nowMs);
      expect(readInside(der, 0x30)).not.toBeNull();
      if (parse(der).status !== 0) return;
      const asked = readOcspRequest(request)!.asked[0]!;
      const [single] = singles(der);
      if (single?.certStatus.good === undefined) return;
      expect(Buffer.from(asked.serial).toString('hex')).toBe(good);
    }),
    { numRuns: 300, seed: 3 },
  );
});

test('The question in a path is base64, percent-encoded or not, and junk is no question', () => {
  const der = new Random('path').bytes(100);
  const base64 = Buffer.from(der).toString('base64');
  expect(ocspRequestOfPath(base64)).toEqual(der);
  expect(ocspRequestOfPath(encodeURIComponent(base64))).toEqual(der);
  for (const junk of ['', '%', '%zz', '%C3%28', '\u0000', 'a b', 'A'.repeat(99_999)]) {
    expect(ocspRequestOfPath(junk)).toEqual(new Uint8Array());
  }
});
