import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { makeCsr } from '../../src/trustchain/csr.ts';
import { renewalBytes } from '../../src/trustchain/renewal.ts';
import { expectProblem } from './asking.ts';
import { csrOf, subjectKey, TrustchainWorld } from './trustchain-world.ts';

describe('A certificate of TrustChain', () => {
  let world: TrustchainWorld;
  beforeAll(async () => {
    world = await TrustchainWorld.start();
    await world.enrol();
  }, 120_000);
  afterAll(() => world.stop());

  const issue = async (name: string): Promise<string> => {
    const answer = await world.post('/certificates', { csr: csrOf(name) });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json().serial;
  };
  const ask = (serial: string, by: string, to: string, more: Record<string, unknown>) => {
    const supersede = more.supersede === true;
    const wish = { serial, requestId: String(more.request_id), supersede };
    const signature = toHex(subjectKey(by).sign(renewalBytes(wish, subjectKey(to).publicKey)));
    return world.post(`/certificates/${serial}/renewal`, { ...more, signature });
  };

  it('is renewed for who holds its key, and superseded when told to', async () => {
    const serial = await issue('renewed.mesh');
    const body = { request_id: 'renewal-1', supersede: true, lifetime: 'shortLived' };
    const answer = await ask(serial, 'renewed.mesh', 'renewed.mesh', body);
    expect(answer.statusCode, answer.body).toBe(201);
    const fresh = answer.json();
    expect(fresh.serial).not.toBe(serial);
    expect(new X509Certificate(fresh.certificate).subjectAltName).toBe('DNS:renewed.mesh');
    const old = await world.get(`/certificates/${serial}`, { accept: 'application/json' });
    expect(old.json()).toMatchObject({ status: 'revoked', revocation: { reason: 'superseded' } });
    const again = await ask(serial, 'renewed.mesh', 'renewed.mesh', body);
    expect(again.json().serial).toBe(fresh.serial);
  });

  it('is rekeyed for who holds both keys', async () => {
    const serial = await issue('rekeyed.mesh');
    const csr = makeCsr({ key: subjectKey('fresh key'), commonName: null, dnsNames: [] });
    const body = { request_id: 'rekey-1', csr };
    const answer = await ask(serial, 'rekeyed.mesh', 'fresh key', body);
    expect(answer.statusCode, answer.body).toBe(201);
    const { publicKey } = new X509Certificate(answer.json().certificate);
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    expect(toHex(new Uint8Array(spki))).toBe(toHex(subjectKey('fresh key').publicKey));
  });

  it('is renewed for nobody else, and under no unknown serial', async () => {
    const serial = await issue('kept.mesh');
    const body = { request_id: 'theft-1' };
    expectProblem(await ask(serial, 'thief', 'kept.mesh', body), 403, 'unauthorised');
    const unknown = '12'.repeat(16);
    expectProblem(await ask(unknown, 'kept.mesh', 'kept.mesh', body), 404, 'not_found');
    const unsigned = await world.post(`/certificates/${serial}/renewal`, body);
    expectProblem(unsigned, 401, 'unsigned');
  });
});
