import { randomBytes } from 'node:crypto';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { TlsOptions } from '../../src/http/base-server.ts';
import { makeRoot } from '../../src/trustchain/issuer.ts';
import { generateSigningKey } from '../../src/trustchain/keys.ts';
import { toPem } from '../../src/trustchain/pem.ts';
import { HttpCluster } from './cluster.ts';

/** A certificate that vouches for itself, and its key. */
function selfSigned(): { readonly key: string; readonly cert: string } {
  const chance = (sizeBytes: number) => new Uint8Array(randomBytes(sizeBytes));
  const key = generateSigningKey(chance);
  const { certificate } = makeRoot({ key, nowMs: Date.now(), chance });
  return {
    key: toPem('PRIVATE KEY', key.toPkcs8()),
    cert: toPem('CERTIFICATE', certificate.der),
  };
}

/** The status of `/livez`, or why there is none. */
function livez(port: number, client: Partial<TlsOptions> = {}): Promise<number | string> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/livez', rejectUnauthorized: false };
    get({ ...options, ...client, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).on('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message));
  });
}

describe('a server with TLS', () => {
  let cluster: HttpCluster;
  afterEach(() => cluster.stop());

  async function listen(tls: TlsOptions): Promise<number> {
    cluster = await HttpCluster.start({ server: { tls } });
    const server = cluster.server();
    await server.listen({ host: '127.0.0.1', port: 0 });
    return (server.server.address() as AddressInfo).port;
  }

  it('speaks to whoever comes', async () => {
    expect(await livez(await listen(selfSigned()))).toBe(200);
  });

  it('asks for a certificate when told whose to believe, and believes no other', async () => {
    const ours = selfSigned();
    const theirs = selfSigned();
    const port = await listen({ ...selfSigned(), clientCa: ours.cert });
    expect(await livez(port, ours)).toBe(200);
    for (const client of [{}, theirs]) expect(await livez(port, client)).not.toBe(200);
  });
});
