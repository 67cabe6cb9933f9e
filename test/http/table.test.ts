import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  batch,
  certificate,
  expectProblem,
  fourProof,
  gets,
  goodBody,
  operations,
  posts,
  status,
} from './asking.ts';
import { certificateBody, fourProofBody } from './bodies.ts';
import { HttpCluster, until } from './cluster.ts';

describe('every endpoint of a node', () => {
  let cluster: HttpCluster;
  beforeAll(async () => {
    cluster = await HttpCluster.start();
  });
  afterAll(() => cluster.stop());

  it.each(posts)('answers a good body: POST %s', async (route) => {
    const answer = await ask(cluster, 'POST', route, { payload: await goodBody(route, cluster) });
    expect(answer.statusCode, answer.body).toBe(200);
    const json = answer.json();
    const [result] = json.results ?? [json];
    expect(result.result_certificate.votes.length).toBeGreaterThanOrEqual(3);
    expect(result.status ?? result.result.type).toBe(route === operations ? 'accepted' : 'valid');
  });

  it.each(gets)('answers: GET %s', async (route) => {
    await cluster.sees(true);
    const answer = await ask(cluster, 'GET', route);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it.each(posts)('refuses what is malformed, and says where: POST %s', async (route) => {
    const answer = await ask(cluster, 'POST', route, { payload: {} });
    expectProblem(answer, 400, 'malformed');
    expect(answer.json().errors[0].pointer).toMatch(/^\//);
  });

  it.each([
    ['half a JSON', '{"request_id": '],
    ['nothing', ''],
    ['an array', '[]'],
    ['null', 'null'],
    ['a prototype', '{"__proto__": {"admin": true}}'],
    ['a constructor', '{"constructor": {"prototype": {"admin": true}}}'],
    ['an infinite number', '{"operation": 1e999}'],
    ['depth', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ])('refuses %s for a body', async (_, payload) => {
    const headers = { 'content-type': 'application/json' };
    for (const route of posts) {
      expectProblem(await ask(cluster, 'POST', route, { payload, headers }), 400, 'malformed');
    }
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('names the faulty field by its JSON pointer', async () => {
    const body = await certificateBody(cluster.server());
    const wrong = { ...body.certificate_request.proof_set.time, sequence: 2 ** 53 };
    const proofs = { ...body.certificate_request.proof_set, time: wrong };
    const request = { ...body.certificate_request, proof_set: proofs };
    const payload = { ...body, certificate_request: request };
    const answer = await ask(cluster, 'POST', certificate, { payload });
    expectProblem(answer, 400, 'malformed');
    const [error] = answer.json().errors;
    expect(error.pointer).toBe('/certificate_request/proof_set/time/sequence');
    expect(answer.json().request_id).toBe(body.request_id);
  });

  it.each(posts)('refuses what is oversized: POST %s', async (route) => {
    const payload = { requests: 'x'.repeat(5 * 1024 * 1024) };
    expectProblem(await ask(cluster, 'POST', route, { payload }), 413, 'too_large');
  });

  it.each(posts)('refuses what is in no known media type: POST %s', async (route) => {
    const payload = JSON.stringify(await goodBody(route, cluster));
    for (const headers of [
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/xml' },
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    ]) {
      const answer = await ask(cluster, 'POST', route, { payload, headers });
      expectProblem(answer, 415, 'unsupported_media_type');
    }
  });

  it('refuses what nobody signed', async () => {
    const { certificate_request: request, ...rest } = await certificateBody(cluster.server());
    const { signature: _, ...unsigned } = request;
    const payload = { ...rest, certificate_request: unsigned };
    const answer = await ask(cluster, 'POST', certificate, { payload });
    expectProblem(answer, 401, 'unsigned');
    expect(answer.headers['www-authenticate']).toBeDefined();
    const other = await fourProofBody(cluster.server());
    const refused = await ask(cluster, 'POST', fourProof, { payload: { ...other, signature: '' } });
    expectProblem(refused, 401, 'unsigned');
    const all = await ask(cluster, 'POST', batch, { payload: { requests: [payload] } });
    expect(all.json().results[0]).toMatchObject({ status: 'error', error_code: 'unsigned' });
  });

  it('has a quorum certify that a forged signature is none', async () => {
    const body = await certificateBody(cluster.server());
    const request = { ...body.certificate_request, common_name: 'd.mesh' };
    const forged = { ...body, certificate_request: request };
    const answer = await ask(cluster, 'POST', certificate, { payload: forged });
    expect(answer.json()).toMatchObject({ status: 'invalid' });
    expect(answer.json().failed_proofs).toContain('signature');
    // The forgery used nothing up: its victim's request is answered as if it had never been.
    const honest = await ask(cluster, 'POST', certificate, { payload: body });
    expect(honest.json()).toMatchObject({ status: 'valid' });
  });

  it('refuses what cannot be done, and says what', async () => {
    const body = await certificateBody(cluster.server());
    const wishes = { byzantine_tolerance: 2 };
    const payload = { ...body, consensus_requirements: wishes };
    const answer = await ask(cluster, 'POST', certificate, { payload });
    expectProblem(answer, 422, 'impossible');
    const [{ pointer }] = answer.json().errors;
    expect(pointer).toBe('/consensus_requirements/byzantine_tolerance');
  });

  it.each([certificate, fourProof] as const)(
    'tells a replayed body the same, word for word: POST %s',
    async (route) => {
      const payload = await goodBody(route, cluster);
      const first = await ask(cluster, 'POST', route, { payload });
      const later = {
        ...payload,
        ...(route === certificate && { timestamp: '2030-01-01T00:00:00Z' }),
      };
      const again = await ask(cluster, 'POST', route, { payload: later });
      expect(again.body).toBe(first.body);
      expect(first.json().status).toBe('valid');
      const url = status.replace(':request_id', String(payload.request_id));
      const asked = await ask(cluster, 'GET', status, { url });
      expect(asked.body).toBe(first.body);
    },
  );

  it('certifies that proofs used before are used up', async () => {
    const first = await certificateBody(cluster.server());
    await ask(cluster, 'POST', certificate, { payload: first });
    const { sequence } = first.certificate_request.proof_set.time;
    const payload = await certificateBody(cluster.server(), { change: { sequence } });
    const answer = await ask(cluster, 'POST', certificate, { payload });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ status: 'invalid', failed_proofs: ['replay'] });
  });

  it('refuses another body under an id that has its decision', async () => {
    const first = await certificateBody(cluster.server());
    await ask(cluster, 'POST', certificate, { payload: first });
    const made = { subject: { requestId: first.request_id, commonName: 'z.mesh' } };
    const payload = await certificateBody(cluster.server(), made);
    expectProblem(await ask(cluster, 'POST', certificate, { payload }), 409, 'conflict');
    const context = { ...first, validation_context: { ca_id: 'another' } };
    expectProblem(await ask(cluster, 'POST', certificate, { payload: context }), 409, 'conflict');
    const all = await ask(cluster, 'POST', batch, { payload: { requests: [payload, first] } });
    expect(all.json().results[0]).toMatchObject({ status: 'error', error_code: 'conflict' });
    expect(all.json().results[1]).toMatchObject({ status: 'valid' });
  });

  it('refuses it on every other node as well, which never saw the first', async () => {
    const first = await certificateBody(cluster.server());
    await ask(cluster, 'POST', certificate, { payload: first });
    const made = { subject: { requestId: first.request_id, commonName: 'z.mesh' } };
    const payload = await certificateBody(cluster.server(), made);
    const elsewhere = cluster.server(2);
    const answer = await elsewhere.inject({ method: 'POST', url: certificate, payload });
    expectProblem(answer, 409, 'conflict');
    const same = await elsewhere.inject({ method: 'POST', url: certificate, payload: first });
    expect(same.json()).toMatchObject({ status: 'valid', request_id: first.request_id });
  });

  it('answers later when that is preferred', async () => {
    const payload = await certificateBody(cluster.server());
    const headers = { prefer: 'wait=10, respond-async' };
    const answer = await ask(cluster, 'POST', certificate, { payload, headers });
    expect(answer.statusCode, answer.body).toBe(202);
    expect(answer.json().status).toBe('pending');
    const url = status.replace(':request_id', payload.request_id);
    expect(answer.headers.location).toBe(url);
    expect(answer.headers['preference-applied']).toBe('respond-async');
    await until(async () => (await ask(cluster, 'GET', status, { url })).json().status === 'valid');
  });

  it('knows no request that was never asked, and no path that is none', async () => {
    expectProblem(
      await ask(cluster, 'GET', status, { url: status.replace(':request_id', 'never') }),
      404,
      'not_found',
    );
    const server = cluster.server();
    expectProblem(await server.inject('/consensus/nothing'), 404, 'not_found');
    expectProblem(await server.inject('//evil.example/%2e%2e'), 404, 'not_found');
    expectProblem(await server.inject('/%'), 400, 'malformed');
    const wrong = await server.inject({
      method: 'DELETE',
      url: status.replace(':request_id', 'a'),
    });
    expectProblem(wrong, 405, 'method_not_allowed');
    expect(wrong.headers.allow).toContain('GET');
  });

  it('honours what is stricter, ignores what is weaker, and says both', async () => {
    const requirements = {
      minimumStake: 1,
      maxTimeOffsetMs: 60_000,
      minimumStorageBytes: 2 ** 21,
      minimumComputeBits: 10,
    };
    const payload = await certificateBody(cluster.server(), { subject: { requirements } });
    const answer = await ask(cluster, 'POST', certificate, { payload });
    const { details, failed_proofs, status } = answer.json();
    expect({ status, failed_proofs }).toEqual({ status: 'invalid', failed_proofs: ['space'] });
    expect(details.proof_results.space).toMatchObject({
      measured: '1048576 bytes',
      required: '2097152 bytes',
    });
    expect(details.proof_results.time.required).toBe('within 60000 ms');
    expect(details.consensus_requirements).toMatchObject({
      asked: { minimum_stake: 1, minimum_storage: 2 ** 21 },
      effective: { minimum_stake: 100, max_time_offset_ms: 60_000, byzantine_tolerance: 1 },
      ignored: ['minimum_stake', 'minimum_compute'],
    });
  });
});
