import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type RequestCommandOptions, requestCommand } from '../../src/cli/request-command.ts';
import { TrustchainWorld } from '../http/trustchain-world.ts';

describe('hypermesh request', () => {
  let world: TrustchainWorld;
  let endpoint = '';
  beforeAll(async () => {
    world = await TrustchainWorld.start();
    await world.enrol();
    await world.server.listen({ host: '127.0.0.1', port: 0 });
    endpoint = `http://127.0.0.1:${(world.server.server.address() as AddressInfo).port}`;
  }, 120_000);
  afterAll(() => world.stop());

  async function request(change: Partial<RequestCommandOptions> = {}) {
    const out = mkdtempSync(join(tmpdir(), 'hypermesh-request-'));
    onTestFinished(() => rmSync(out, { recursive: true }));
    let written = '';
    const write = (text: string): void => {
      written += text;
    };
    const looks = {
      colourOut: false,
      colourErr: false,
      showsProgress: false,
      columns: 80,
      debug: false,
    };
    const signal = new AbortController().signal;
    const nowMs = () => performance.now();
    const interruption = { signal, exitCode: null, release: () => undefined };
    const options = { endpoint: [endpoint], name: 'cli.mesh', out, timeout: 60_000, ...change };
    const terminal = { out: write, err: write, ...looks };
    const code = await requestCommand(options, { terminal, interruption, nowMs });
    return { code, out: options.out, written };
  }

  test('writes what it got once the votes hold, past an endpoint that is gone', async () => {
    const { code, out, written } = await request({
      endpoint: ['http://127.0.0.1:9', endpoint],
      san: ['www.cli.mesh'],
    });
    expect(written).toContain('issued: cli.mesh');
    expect(code).toBe(0);
    expect(readdirSync(out).sort()).toEqual([
      'ca.pem',
      'certificate.pem',
      'key.pem',
      'proof.json',
      'validators.json',
    ]);
    expect(statSync(join(out, 'key.pem')).mode & 0o777).toBe(0o600);
    const certificate = new X509Certificate(readFileSync(join(out, 'certificate.pem')));
    expect(certificate.subjectAltName).toBe('DNS:cli.mesh, DNS:www.cli.mesh');
  });

  test('says why it is refused, and leaves no certificate', async () => {
    const { code, out, written } = await request({ name: 'cli.example.com' });
    expect(written).toMatch(/refuses: nameNotAllowed: cli\.example\.com/);
    expect(code).toBe(1);
    expect(readdirSync(out)).toEqual(['key.pem']);
  });

  test('believes no TrustChain whose validators are not those of --validators', async () => {
    const { out } = await request();
    const file = join(out, 'mine.json');
    const mine = readFileSync(join(out, 'validators.json'), 'utf8');
    writeFileSync(
      file,
      mine.replace(/"[0-9a-f]{64}"/g, (hex) => hex.replace(/.(?="$)/, '0')),
    );
    const { code, written, out: second } = await request({ validators: file });
    expect(written).toContain('REFUSED');
    expect(code).toBe(1);
    expect(readdirSync(second)).toEqual(['key.pem']);
  });

  test('ends as stalled when nobody answers in time, naming what each endpoint did', async () => {
    const { code, written } = await request({ endpoint: ['http://127.0.0.1:9'], timeout: 300 });
    expect(code).toBe(2);
    expect(written).toContain('http://127.0.0.1:9');
  });

  test('overwrites no key', async () => {
    const { out } = await request();
    await expect(request({ out })).rejects.toThrow(/found a key/);
  });
});
