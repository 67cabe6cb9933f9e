import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateBody } from './bodies.ts';
import { HttpCluster } from './cluster.ts';

const url = '/consensus/validation/certificate';

describe('a node over HTTP', () => {
  let cluster: HttpCluster;
  beforeAll(async () => {
    cluster = await HttpCluster.start();
  });
  afterAll(() => cluster.stop());

  it('answers with what a quorum certified', async () => {
    const body = await certificateBody(cluster.server());
    const answer = await cluster.server().inject({ method: 'POST', url, payload: body });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json()).toMatchObject({ status: 'valid', request_id: body.request_id });
  });
});
