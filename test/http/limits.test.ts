import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { monotonicClock } from '../../src/runtime/system-clock.ts';
import type { Validator, ValidatorOutcome } from '../../src/runtime/validator.ts';
import { holders } from '../ledger/fixtures.ts';
import { ask, batch, certificate, expectProblem, operations, posts } from './asking.ts';
import { certificateBody, fourProofBody } from './bodies.ts';
import { type ClusterOptions, HttpCluster, until } from './cluster.ts';

/** A validator that answers when the test says so. */
class HeldValidator implements Validator {
  readonly asked: { operation: Uint8Array; done: (outcome: ValidatorOutcome) => void }[] = [];
  through: Validator | null = null;

  submit(operation: Uint8Array, done: (outcome: ValidatorOutcome) => void): void {
    if (this.through !== null) this.through.submit(operation, done);
    else this.asked.push({ operation, done });
  }
}

describe('a server at its limits', () => {
  let cluster: HttpCluster;
  const start = async (options: ClusterOptions) => {
    cluster = await HttpCluster.start(options);
    await cluster.sees(true);
  };
  afterEach(() => cluster.stop());

  it('lets one client ask so often, by the key that signed and not by its address', async () => {
    const free = toHex(holders[1]!.nodeId);
    // Time that goes slowly: however long this takes, no bucket fills again meanwhile.
    const monotonic = { nowMs: () => monotonicClock.nowMs() / 20 };
    const server = { ratesByNode: { [free]: Infinity }, monotonic };
    await start({ http: { perMinute: 2 }, server });
    const body = (holder: number) => certificateBody(cluster.server(1), { holder });
    const first = await body(0);
    for (const payload of [first, await body(0)]) {
      const answer = await ask(cluster, 'POST', certificate, { payload });
      expect(answer.json().status).toBe('valid');
    }
    const refused = await ask(cluster, 'POST', certificate, { payload: await body(0) });
    expectProblem(refused, 429, 'throttled');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const all = await ask(cluster, 'POST', batch, { payload: { requests: [await body(0)] } });
    expectProblem(all, 429, 'throttled');
    for (let i = 0; i < 4; i++) {
      const answer = await ask(cluster, 'POST', certificate, { payload: await body(1) });
      expect(answer.json().status).toBe('valid');
    }
    // Asked again, the answer is paid for by the address: nobody uses up another's tokens.
    for (let i = 0; i < 2; i++) await ask(cluster, 'POST', certificate, { payload: first });
    const again = await ask(cluster, 'POST', certificate, { payload: first });
    expectProblem(again, 429, 'throttled');
    const { throttled } = (await ask(cluster, 'GET', '/consensus/metrics')).json();
    expect(throttled).toBe(3);
  });

  it('says that it is saturated before anybody waits for nothing', async () => {
    const validator = new HeldValidator();
    await start({ service: { maxInFlight: 1, maxQueued: 1 } });
    const bodies = [];
    for (let i = 0; i < 4; i++) bodies.push(await certificateBody(cluster.server(1)));
    const other = await fourProofBody(cluster.server(1));
    await cluster.stop();
    await start({ server: { validator }, service: { maxInFlight: 1, maxQueued: 1 } });
    const headers = { prefer: 'respond-async' };
    for (const payload of bodies.slice(0, 2)) {
      const taken = await ask(cluster, 'POST', certificate, { payload, headers });
      expect(taken.statusCode).toBe(202);
    }
    const last = bodies[2]!;
    for (const [route, payload] of [
      [posts[0], last],
      [posts[1], other],
      [posts[2], { requests: [last] }],
    ] as const) {
      const answer = await ask(cluster, 'POST', route, { payload });
      expectProblem(answer, 503, 'saturated');
      expect(answer.headers['retry-after']).toBeDefined();
    }
    const operation = '0900000000';
    void cluster.server().inject({ method: 'POST', url: operations, payload: { operation } });
    await until(() => validator.asked.length === 2);
    const full = await ask(cluster, 'POST', operations, { payload: { operation: '090000000101' } });
    expectProblem(full, 503, 'saturated');
    for (const { done } of validator.asked) done({ type: 'refused', reason: 'stopped' });
  });

  it('sheds everything but health above its bound on requests under way', async () => {
    await start({ http: { maxRequests: 0 } });
    const { server } = cluster.seats[0]!;
    expectProblem(await server.inject('/consensus/validators'), 503, 'saturated');
    expect((await server.inject('/livez')).statusCode).toBe(200);
  });

  it('cuts off who drips its headers', async () => {
    await start({ http: { headersTimeoutMs: 200 } });
    const { server } = cluster.seats[0]!;
    await server.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('POST /consensus/operations HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    await once(socket, 'end');
    expect(heard).toMatch(/^HTTP\/1\.1 408 /);
    expect(JSON.parse(heard.split('\r\n\r\n')[1]!)).toMatchObject({ code: 'request_timeout' });
    socket.destroy();
  });

  it.each([
    ['no HTTP at all', 'EHLO x\r\n\r\n', '400', 'malformed'],
    [
      'endless headers',
      `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(40_000)}`,
      '431',
      'headers_too_large',
    ],
  ])('answers %s with a problem', async (_, bytes, status, code) => {
    await start({});
    const { server } = cluster.seats[0]!;
    await server.listen({ host: '127.0.0.1', port: 0 });
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    socket.write(bytes);
    await once(socket, 'close');
    expect(heard.split(' ')[1]).toBe(status);
    expect(JSON.parse(heard.split('\r\n\r\n')[1]!)).toMatchObject({ code });
  });

  it('finishes what has begun when it stops, and takes nothing new', async () => {
    await start({});
    const payload = await certificateBody(cluster.server(1));
    const late = await certificateBody(cluster.server(1));
    const held = new HeldValidator();
    await cluster.restartServer(0, { validator: held });
    const { server, client } = cluster.seats[0]!;
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    const begun = server.inject({ method: 'POST', url: certificate, payload });
    await until(() => held.asked.length === 1);
    const closed = server.close();
    const refused = await fetch(url + certificate, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(late),
    });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'stopping' });
    expect(refused.headers.get('connection')).toBe('close');
    const ready = (await (await fetch(`${url}/readyz`)).json()) as {
      readonly checks: { readonly accepting: { readonly ok: boolean } };
    };
    expect(ready.checks.accepting.ok).toBe(false);
    for (const { operation, done } of held.asked) client.submit(operation, done);
    expect((await begun).json()).toMatchObject({ status: 'valid' });
    await closed;
  });

  it('waits for what has begun only so long', async () => {
    await start({});
    const payload = await certificateBody(cluster.server(1));
    const validator = new HeldValidator();
    await cluster.stop();
    await start({ server: { validator }, http: { drainTimeoutMs: 50 } });
    const begun = cluster.server().inject({ method: 'POST', url: certificate, payload });
    await until(() => validator.asked.length === 1);
    await cluster.server().close();
    expectProblem(await begun, 503, 'stopping');
  });
});
