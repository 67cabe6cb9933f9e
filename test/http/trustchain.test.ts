import { spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { CertID, OCSPRequest, Request, TBSRequest } from '@peculiar/asn1-ocsp';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, Certificate } from '@peculiar/asn1-x509';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { issuedSchema } from '../../src/http/trustchain-json.ts';
import { makeRequest } from '../../src/proofs/proof-set.ts';
import { revocationBytes } from '../../src/trustchain/revocation.ts';
import { verifyCertificate } from '../../src/trustchain/verify.ts';
import { proofSetToJson } from '../../src/validation/wire/proof-set-json.ts';
import { holders } from '../ledger/fixtures.ts';
import { chainId, requirements } from '../proofs/fixtures.ts';
import { expectProblem } from './asking.ts';
import { until } from './cluster.ts';
import { csrOf, operatorKey, subjectKey, TrustchainWorld } from './trustchain-world.ts';

/** The question for a leaf, as a GET has it. */
function ocspPath(chain: string): string {
  const [leaf, issuer] = (chain.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----\n/g) ?? []).map(
    (pem) => AsnConvert.parse(new X509Certificate(pem).raw, Certificate),
  );
  const { subject, subjectPublicKeyInfo } = issuer!.tbsCertificate;
  const sha1 = (bytes: ArrayBuffer) =>
    new OctetString(createHash('sha1').update(new Uint8Array(bytes)).digest());
  const certId = new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: '1.3.14.3.2.26', parameters: null }),
    issuerNameHash: sha1(AsnConvert.serialize(subject)),
    issuerKeyHash: sha1(subjectPublicKeyInfo.subjectPublicKey),
    serialNumber: leaf!.tbsCertificate.serialNumber,
  });
  const requestList = [new Request({ reqCert: certId })];
  const request = new OCSPRequest({ tbsRequest: new TBSRequest({ requestList }) });
  const base64 = Buffer.from(AsnConvert.serialize(request)).toString('base64');
  return `/ocsp/${encodeURIComponent(base64)}`;
}

describe('TrustChain over HTTP', () => {
  let world: TrustchainWorld;
  beforeAll(async () => {
    world = await TrustchainWorld.start();
    await world.enrol();
  }, 120_000);
  afterAll(() => world.stop());

  const issue = async (name: string, more: object = {}) => {
    const answer = await world.post('/certificates', { csr: csrOf(name), ...more });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json();
  };
  const leafOf = (chain: string) => chain.slice(0, chain.indexOf('-----END') + 26);

  it('issues a chain that a stranger can check with what it serves', async () => {
    const answer = await world.post('/certificates', { csr: csrOf('one.mesh') });
    expect(answer.statusCode, answer.body).toBe(201);
    const { serial, certificate } = answer.json();
    expect(issuedSchema.strict().parse(answer.json())).toEqual(answer.json());
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers.location).toBe(`/certificates/${serial}`);
    const [proof, validators, ca] = await Promise.all([
      world.get(`/certificates/${serial}/proof`),
      world.get('/validators.json'),
      world.get('/ca.pem'),
    ]);
    const verification = verifyCertificate({
      certificatePem: leafOf(certificate),
      validatorsJson: validators.body,
      proofJson: proof.body,
      caPem: ca.body,
    });
    expect(verification.checks.filter(({ ok }) => !ok)).toEqual([]);
    const chain = certificate.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----\n/g);
    const [leaf, issuer] = chain.map((pem: string) => new X509Certificate(pem));
    expect(leaf.verify(issuer.publicKey)).toBe(true);
  });

  it('gives the same request the same certificate, and another under its id none', async () => {
    const id = { request_id: 'same-1' };
    const first = await issue('same.mesh', id);
    const again = await issue('same.mesh', id);
    expect(again).toEqual(first);
    const other = await world.post('/certificates', { csr: csrOf('other.mesh'), ...id });
    expectProblem(other, 409, 'conflict');
    expect(other.json().request_id).toBe('same-1');
  });

  it('gives PEM, JSON or DER as it is asked to', async () => {
    const { serial, certificate } = await issue('forms.mesh');
    const url = `/certificates/${serial}`;
    expect((await world.get(url)).body).toBe(certificate);
    const json = await world.get(url, { accept: 'application/json' });
    expect(json.json()).toMatchObject({ serial, status: 'good', certificate });
    const der = await world.get(url, { accept: 'application/pkix-cert' });
    expect(new X509Certificate(der.rawPayload).subject).toBe('CN=forms.mesh');
    expectProblem(await world.get(url, { accept: 'image/png' }), 406, 'not_acceptable');
  });

  it.each([
    '/certificates/00000000000000000000000000000000',
    '/certificates/nothing',
    '/certificates/00000000000000000000000000000000/proof',
    '/certificates/requests/nobody-asked',
    '/crl/99.der',
    '/nowhere',
  ])('says 404 of %s, never a silent yes', async (url) => {
    expectProblem(await world.get(url), 404, 'not_found');
  });

  it.each([
    ['no CSR', {}, 400, 'malformed', '/csr'],
    ['an unknown key', { csr: 'x', 'a/b~': 1 }, 400, 'malformed', '/a~1b~0'],
    ['a CSR that is none', { csr: 'nonsense!' }, 400, 'malformed', '/csr'],
    ['a CSR too long', { csr: 'x'.repeat(40_000) }, 400, 'malformed', '/csr'],
    ['a name of others', { csr: csrOf('app.example.com') }, 403, 'not_allowed', '/csr'],
    ['a denied name', { csr: csrOf('ca.mesh') }, 403, 'not_allowed', '/csr'],
    ['an address of others', { csr: csrOf('a.mesh', '8.8.8.8') }, 403, 'not_allowed', '/csr'],
    ['a name that is none', { csr: csrOf('under_score.mesh') }, 422, 'impossible', '/csr'],
    ['proofs without a node', { csr: csrOf('a.mesh'), proof_set: {} }, 400, 'malformed', null],
  ])('refuses %s', async (_, body, status, code, pointer) => {
    const answer = await world.post('/certificates', body);
    expectProblem(answer, status, code);
    if (pointer !== null) expect(answer.json().errors[0].pointer).toBe(pointer);
  });

  it('names the offending name and the rule in a refusal by policy', async () => {
    const answer = await world.post('/certificates', { csr: csrOf('app.example.com') });
    expect(answer.json()).toMatchObject({ refusal: 'nameNotAllowed' });
    expect(answer.json().detail).toContain('app.example.com');
  });

  it('takes JSON only, and of bounded size', async () => {
    const payload = JSON.stringify({ csr: csrOf('a.mesh') });
    const text = { method: 'POST', url: '/certificates', payload } as const;
    const type = { headers: { 'content-type': 'text/plain' } };
    expectProblem(await world.server.inject({ ...text, ...type }), 415, 'unsupported_media_type');
    const large = await world.post('/certificates', { csr: 'x'.repeat(600_000) });
    expectProblem(large, 413, 'too_large');
  });

  it('answers at once who prefers it, and says later what became of it', async () => {
    const body = { csr: csrOf('later.mesh'), request_id: 'later-1' };
    const answer = await world.post('/certificates', body, { prefer: 'respond-async' });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ request_id: 'later-1', status: 'pending' });
    const { location } = answer.headers;
    expect(location).toBe('/certificates/requests/later-1');
    await until(async () => (await world.get(String(location))).json().status !== 'pending');
    const settled = await world.get(String(location));
    expect(settled.json()).toMatchObject({ request_id: 'later-1', status: 'good' });
  });

  describe('A revocation', () => {
    const revoke = (serial: string, signature?: Uint8Array, reason = 'superseded') =>
      world.post(`/certificates/${serial}/revocation`, {
        reason,
        ...(signature && { signature: toHex(signature) }),
      });
    const word = (serial: string) => revocationBytes(serial, 'superseded');

    it.each([
      ['the key of its subject', (name: string) => subjectKey(name)],
      ['the operator', () => operatorKey],
    ])('is done on the word of %s, and seen at once', async (who, keyOf) => {
      const name = `${who.length}.mesh`;
      const { serial } = await issue(name);
      const answer = await revoke(serial, keyOf(name).sign(word(serial)));
      expect(answer.statusCode, answer.body).toBe(200);
      expect(answer.json()).toMatchObject({ serial, status: 'revoked', reason: 'superseded' });
      const json = await world.get(`/certificates/${serial}`, { accept: 'application/json' });
      expect(json.json()).toMatchObject({ status: 'revoked' });
      const list = (await world.get('/crl.der')).rawPayload;
      expect(list.includes(Buffer.from(serial, 'hex'))).toBe(true);
      const shard = Number.parseInt(serial.slice(-2), 16) % 4;
      const part = (await world.get(`/crl/${shard}.der`)).rawPayload;
      expect(part.includes(Buffer.from(serial, 'hex'))).toBe(true);
    });

    it.each(['/crl.der', '/crl.pem', '/crl/SHARD.der', 'ocsp'])(
      'is seen at the next fetch of %s, by whoever keeps the last one',
      async (path) => {
        const name = `kept-${path.replaceAll(/[^a-zA-Z]/g, '')}.mesh`.toLowerCase();
        const { serial, certificate } = await issue(name);
        const shard = String(Number.parseInt(serial.slice(-2), 16) % 4);
        const url = path === 'ocsp' ? ocspPath(certificate) : path.replace('SHARD', shard);
        const kept = await world.get(url);
        expect(kept.statusCode).toBe(200);
        expect(kept.headers['cache-control']).toBe('public, no-cache, no-transform');
        const { etag = '' } = kept.headers;
        // OCSP answers say when they were made: they are other bytes each time.
        const isSame = path !== 'ocsp';
        const ask = () => world.get(url, { 'if-none-match': `"other", W/${etag}` });
        expect((await ask()).statusCode).toBe(isSame ? 304 : 200);
        expect((await revoke(serial, subjectKey(name).sign(word(serial)))).statusCode).toBe(200);
        const next = await ask();
        expect(next.statusCode).toBe(200);
        expect(next.headers.etag).not.toBe(etag);
        expect(next.rawPayload.equals(kept.rawPayload)).toBe(false);
      },
    );

    it('has a list of the root for all intermediates, beside what it is of', async () => {
      const root = new X509Certificate((await world.get('/root.der')).rawPayload);
      const issuer = new X509Certificate((await world.get('/issuer.der')).rawPayload);
      expect(issuer.verify(root.publicKey)).toBe(true);
      const list = await world.get('/crl/root.der');
      expect(list.headers['content-type']).toBe('application/pkix-crl');
      const both = (await world.get('/crl.pem')).body.split('-----BEGIN X509 CRL-----');
      expect(both).toHaveLength(3);
      const second = Buffer.from((both[2] ?? '').replace(/-----END.*\n/, ''), 'base64');
      expect(second.equals(list.rawPayload)).toBe(true);
    });

    it('is refused to anybody else', async () => {
      const { serial } = await issue('mine.mesh');
      expectProblem(await revoke(serial), 401, 'unsigned');
      const stranger = subjectKey('stranger').sign(word(serial));
      expectProblem(await revoke(serial, stranger), 403, 'unauthorised');
      // A signature for one reason is none for another.
      const other = subjectKey('mine.mesh').sign(word(serial));
      expectProblem(await revoke(serial, other, 'keyCompromise'), 403, 'unauthorised');
      expectProblem(await revoke('0'.repeat(32), stranger), 404, 'not_found');
      const json = await world.get(`/certificates/${serial}`, { accept: 'application/json' });
      expect(json.json()).toMatchObject({ status: 'good' });
    });
  });

  describe('Ready-made proofs', () => {
    const node = holders[1]!;
    const draftOf = async (id: string, name: string) => {
      const body = { csr: csrOf(name), request_id: id, node_id: toHex(node.nodeId) };
      const answer = await world.post('/certificates/drafts', body);
      expect(answer.statusCode, answer.body).toBe(201);
      return answer.json();
    };
    let sequence = 0;
    const proofsFor = (draft: Awaited<ReturnType<typeof draftOf>>) => {
      sequence += 1;
      const request = makeRequest({
        chainId: draft.chain_id,
        subject: {
          requestId: draft.request_id,
          commonName: draft.common_name,
          sanEntries: draft.san_entries,
          ipv6Addresses: draft.ipv6_addresses,
          nodeId: node.nodeId,
          publicKey: new Uint8Array(Buffer.from(draft.public_key, 'hex')),
          tbsDigest: draft.tbs_digest,
          notAfterMs: Date.parse(draft.not_after),
          requirements: null,
        },
        signer: node.signer,
        plot: node.plot,
        stakeAmount: 1_000,
        beacon: draft.terms.beacon,
        timestamp: world.cluster.clock.nowMs(),
        sequence,
        requirements,
      });
      return { proof_set: proofSetToJson(request.proofs), signature: toHex(request.signature) };
    };

    it('are taken for the draft they were made for', async () => {
      const draft = await draftOf('own-1', 'own.mesh');
      expect(draft.chain_id).toBe(chainId);
      const body = { csr: csrOf('own.mesh'), request_id: 'own-1', node_id: toHex(node.nodeId) };
      const answer = await world.post('/certificates', { ...body, ...proofsFor(draft) });
      expect(answer.statusCode, answer.body).toBe(201);
      const proof = await world.get(answer.json().proof);
      const result = Buffer.from(proof.json().answer.result, 'hex');
      expect(result.includes(Buffer.from(node.nodeId))).toBe(true);
    });

    it('that do not hold are refused by a quorum, which names them', async () => {
      const draft = await draftOf('own-2', 'two.mesh');
      const made = proofsFor(draft);
      const stake = { ...made.proof_set.stake, amount: made.proof_set.stake.amount + 1 };
      const body = {
        csr: csrOf('two.mesh'),
        request_id: 'own-2',
        node_id: toHex(node.nodeId),
        ...made,
        proof_set: { ...made.proof_set, stake },
      };
      const answer = await world.post('/certificates', body);
      expectProblem(answer, 422, 'proofs_refused');
      expect(answer.json().failed_proofs).toEqual(expect.arrayContaining(['signature', 'stake']));
      expect(answer.json().result_certificate.votes.length).toBeGreaterThanOrEqual(3);
    });

    it('for no draft are not guessed at', async () => {
      const draft = await draftOf('own-3', 'three.mesh');
      const body = { csr: csrOf('three.mesh'), node_id: toHex(node.nodeId), ...proofsFor(draft) };
      const answer = await world.post('/certificates', { ...body, request_id: 'own-4' });
      expectProblem(answer, 409, 'draft_unknown');
      const unsigned = { ...body, request_id: 'own-3', signature: '' };
      expectProblem(await world.post('/certificates', unsigned), 401, 'unsigned');
    });
  });

  it('answers the log of RFC 6962, wrong questions with 400', async () => {
    const { tree_size: size } = (await world.get('/ct/v1/get-sth')).json();
    expect(size).toBeGreaterThan(0);
    const url = `/ct/v1/get-entry-and-proof?leaf_index=0&tree_size=${size}`;
    expect((await world.get(url)).json()).toHaveProperty('audit_path');
    const roots = (await world.get('/ct/v1/get-roots')).json();
    expect(roots.certificates).toHaveLength(1);
    expectProblem(await world.get('/ct/v1/get-entries?start=9999&end=9999'), 400, 'malformed');
    expectProblem(await world.get('/ct/v1/get-entries?start=0&start=1&end=1'), 400, 'malformed');
  });

  it('answers junk at the OCSP responder as RFC 6960 says', async () => {
    const answer = await world.server.inject({
      method: 'POST',
      url: '/ocsp',
      payload: Buffer.from('junk'),
      headers: { 'content-type': 'application/ocsp-request' },
    });
    expect(answer.headers['content-type']).toBe('application/ocsp-response');
    // OCSPResponse { malformedRequest (1) }
    expect(answer.rawPayload.toString('hex')).toBe('30030a0101');
    expectProblem(await world.post('/ocsp', {}), 415, 'unsupported_media_type');
  });

  it('describes itself in OpenAPI, by the word of a validator', async () => {
    const document = (await world.get('/openapi.json')).json();
    const { valid, errors } = await new Validator().validate(document);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/certificates', '/certificates/{serial}', '/crl.der', '/ocsp']),
    );
  });

  const promtool = spawnSync('promtool', ['--version']).status === 0;
  it.skipIf(!promtool)(
    'has metrics promtool has nothing to say against (skipped: no promtool; Debian: prometheus)',
    async () => {
      const { body } = await world.get('/metrics');
      expect(body).toContain('trustchain_requests_total{outcome="issued"}');
      const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
        input: body,
      });
      expect(`${stdout}${stderr}`).toBe('');
      expect(status).toBe(0);
    },
  );
});

describe('Without a quorum', () => {
  let world: TrustchainWorld;
  beforeAll(async () => {
    world = await TrustchainWorld.start();
    await world.enrol();
  }, 120_000);
  afterAll(() => world.stop());

  it('a request stays pending under a 503, and is issued by itself once there is one', async () => {
    world.cluster.cut(2, 3);
    const body = { csr: csrOf('patient.mesh'), request_id: 'patient-1' };
    const answer = await world.post('/certificates', body);
    expectProblem(answer, 503, 'no_quorum');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.headers.location).toBe('/certificates/requests/patient-1');
    expect(world.authority.store.size).toBe(0);
    const url = String(answer.headers.location);
    expect((await world.get(url)).json()).toMatchObject({ status: 'pending' });
    world.cluster.cut();
    await until(async () => (await world.get(url)).json().status === 'good');
    expect(world.authority.store.size).toBe(1);
  });
});

describe('Who asks too often', () => {
  it('is told when to come back, and what was asked before is free', async () => {
    const world = await TrustchainWorld.start({ perMinute: 2 });
    try {
      await world.enrol();
      const ask = (i: number) =>
        world.post('/certificates', { csr: csrOf(`often-${i}.mesh`), request_id: `often-${i}` });
      expect([(await ask(1)).statusCode, (await ask(2)).statusCode]).toEqual([201, 201]);
      const refused = await ask(3);
      expectProblem(refused, 429, 'throttled');
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect((await ask(1)).statusCode).toBe(201);
    } finally {
      await world.stop();
    }
  });
});
