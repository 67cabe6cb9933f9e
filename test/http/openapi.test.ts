import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpCluster } from './cluster.ts';
import { OpenApi } from './openapi.ts';

describe('the OpenAPI document', () => {
  let cluster: HttpCluster;
  let openApi: OpenApi;
  beforeAll(async () => {
    cluster = await HttpCluster.start();
    openApi = await OpenApi.of(cluster.server());
  });
  afterAll(() => cluster.stop());

  it('is one, by the word of a validator', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(openApi.document));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('names every route that is served, and no other', () => {
    const named = Object.entries(openApi.document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(named.sort()).toEqual([
      'GET /consensus/health',
      'GET /consensus/metrics',
      'GET /consensus/terms',
      'GET /consensus/validation/status/{request_id}',
      'GET /consensus/validators',
      'GET /livez',
      'GET /metrics',
      'GET /readyz',
      'POST /consensus/operations',
      'POST /consensus/validation/batch',
      'POST /consensus/validation/certificate',
      'POST /consensus/validation/four-proof',
    ]);
  });

  it('has examples that the cluster answers as the document says', async () => {
    let replayed = 0;
    for (const [path, { post }] of Object.entries(openApi.document.paths)) {
      const payload = post?.requestBody?.content['application/json']?.example;
      if (payload === undefined) continue;
      const answer = await cluster.server().inject({ method: 'POST', url: path, payload });
      expect(answer.statusCode, `${path}: ${answer.body}`).toBe(200);
      expect(openApi.fault('POST', path, answer), path).toBeNull();
      replayed += 1;
    }
    expect(replayed).toBe(4);
  });
});
