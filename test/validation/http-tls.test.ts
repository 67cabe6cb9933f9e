import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { makeRoot } from '../../src/trustchain/issuer.ts';
import { signingKeyFromSeed } from '../../src/trustchain/keys.ts';
import { UndiciTransport } from '../../src/validation/http-transport.ts';

/** A server whose certificate nobody vouches for. */
async function selfSignedServer(): Promise<URL> {
  const random = new Random('tls');
  const key = signingKeyFromSeed(random.bytes(32));
  const root = makeRoot({ key, nowMs: Date.now(), chance: (size) => random.bytes(size) });
  const pem = (label: string, der: Uint8Array) =>
    `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
  const server = createServer(
    { key: pem('PRIVATE KEY', key.toPkcs8()), cert: pem('CERTIFICATE', root.certificate.der) },
    (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{}');
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const question = { method: 'GET', path: '/', maxBytes: 100 } as const;

describe('TLS to a node', () => {
  it('takes no certificate that nobody vouches for, where the profile verifies', async () => {
    const transport = new UndiciTransport({ verifyTls: true });
    onTestFinished(() => transport.close());
    const url = await selfSignedServer();
    const attempt = await transport.ask(url, question, new AbortController().signal);
    expect(attempt).toMatchObject({ ok: false, fault: { kind: 'unreachable' } });
  });

  it('takes any on this machine: the answer proves itself, the connection need not', async () => {
    const transport = new UndiciTransport({ verifyTls: false });
    onTestFinished(() => transport.close());
    const url = await selfSignedServer();
    const attempt = await transport.ask(url, question, new AbortController().signal);
    expect(attempt).toEqual({ ok: true, value: { status: 200, json: {} } });
  });
});
