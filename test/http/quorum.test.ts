import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, certificate, expectProblem, goodBody, posts, status } from './asking.ts';
import { certificateBody } from './bodies.ts';
import { HttpCluster, until } from './cluster.ts';

describe('a node that sees', () => {
  let cluster: HttpCluster;
  beforeAll(async () => {
    cluster = await HttpCluster.start({ service: { quorumGraceMs: 300 } });
    await cluster.sees(true);
  });
  afterAll(() => cluster.stop());

  it('three of four goes on, and says that one is missing', async () => {
    cluster.cut(3);
    await until(async () => {
      const { status, problems } = (await ask(cluster, 'GET', '/consensus/health')).json();
      return status === 'degraded' && problems.includes('replica 3: not reachable');
    });
    const payload = await certificateBody(cluster.server());
    const answer = await ask(cluster, 'POST', certificate, { payload });
    expect(answer.json()).toMatchObject({ status: 'valid' });
    const { validators } = (await ask(cluster, 'GET', '/consensus/validators')).json();
    expect(validators.map(({ reachable }: { reachable: boolean }) => reachable)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    cluster.cut();
  });

  it('two of four answers nobody, and decides all it had taken when they return', async () => {
    await cluster.sees(true);
    const bodies = await Promise.all(posts.map((route) => goodBody(route, cluster)));
    const kept = await certificateBody(cluster.server());
    const waited = await certificateBody(cluster.server());
    cluster.cut(2, 3);
    const headers = { prefer: 'respond-async' };
    const accepted = await ask(cluster, 'POST', certificate, { payload: kept, headers });
    expect(accepted.statusCode, accepted.body).toBe(202);
    // Taken before the loss was seen: told of it as soon as it is, long before the deadline.
    expectProblem(await ask(cluster, 'POST', certificate, { payload: waited }), 503, 'no_quorum');
    for (const [i, route] of posts.entries()) {
      const answer = await ask(cluster, 'POST', route, { payload: bodies[i]! });
      expectProblem(answer, 503, 'no_quorum');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expectProblem(await ask(cluster, 'GET', '/consensus/terms'), 503, 'no_quorum');
    for (const path of ['/consensus/health', '/readyz']) {
      expect((await ask(cluster, 'GET', path)).statusCode).toBe(503);
    }
    expect((await ask(cluster, 'GET', '/readyz')).json().checks.quorum.ok).toBe(false);
    expect((await ask(cluster, 'GET', '/livez')).statusCode).toBe(200);
    for (const { request_id: id } of [kept, waited]) {
      const url = status.replace(':request_id', id);
      const pending = (await ask(cluster, 'GET', status, { url })).json();
      expect(pending.status).toBe('pending');
      expect(Date.parse(pending.estimated_completion)).toBeGreaterThan(cluster.clock.nowMs() - 1);
    }
    cluster.cut();
    for (const { request_id: id } of [kept, waited]) {
      const url = status.replace(':request_id', id);
      await until(
        async () => (await ask(cluster, 'GET', status, { url })).json().status === 'valid',
      );
    }
  });
});

describe('a node that begins again', () => {
  let cluster: HttpCluster;
  beforeAll(async () => {
    cluster = await HttpCluster.start();
    await cluster.sees(true);
  });
  afterAll(() => cluster.stop());

  it('tells what it told, refuses what it refused, and decides what it had accepted', async () => {
    const told = await certificateBody(cluster.server());
    const first = await ask(cluster, 'POST', certificate, { payload: told });
    const other = await certificateBody(cluster.server(), {
      subject: { requestId: told.request_id, commonName: 'z.mesh' },
    });
    const accepted = await certificateBody(cluster.server());
    cluster.cut(1, 2, 3);
    const headers = { prefer: 'respond-async' };
    const later = await ask(cluster, 'POST', certificate, { payload: accepted, headers });
    expect(later.statusCode, later.body).toBe(202);
    await cluster.restartServer(0);
    const again = await ask(cluster, 'POST', certificate, { payload: told });
    expect(again.body).toBe(first.body);
    expectProblem(await ask(cluster, 'POST', certificate, { payload: other }), 409, 'conflict');
    const url = status.replace(':request_id', accepted.request_id);
    expect((await ask(cluster, 'GET', status, { url })).json().status).toBe('pending');
    cluster.cut();
    await until(async () => (await ask(cluster, 'GET', status, { url })).json().status === 'valid');
  });
});
