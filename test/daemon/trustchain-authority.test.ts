import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { GenesisFile } from '../../src/daemon/genesis-file.ts';
import { DaemonRefusal } from '../../src/daemon/refusal.ts';
import { Stopping } from '../../src/daemon/stopping.ts';
import { openAuthorityStore } from '../../src/daemon/trustchain-authority.ts';
import type { TrustchainConfig } from '../../src/daemon/trustchain-config.ts';
import { readTrustchainConfig } from '../../src/daemon/trustchain-config-file.ts';
import { EpochChain } from '../../src/ledger/epoch-chain.ts';
import type { IssuanceOutcome } from '../../src/trustchain/authority.ts';
import { clock, csrFor, FakeCluster } from '../trustchain/fake-cluster.ts';

const keys = ['ca/root.key.pem', 'ca/intermediate.key.pem', 'log.key.pem', 'operator.key.pem'];

function directoryWith(configText: string): { readonly path: string; config: TrustchainConfig } {
  const path = mkdtempSync(join(tmpdir(), 'hypermesh-authority-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const file = join(path, 'trustchain.yaml');
  writeFileSync(file, `nodes: [http://127.0.0.1:1]\n${configText}`);
  writeFileSync(join(path, 'passphrase'), 'open sesame\n');
  return { path, config: readTrustchainConfig(file) };
}

/** Opens what is in the directory, lets `look` see it, and closes it again. */
async function opened<T>(
  config: TrustchainConfig,
  look: (
    found: Awaited<ReturnType<typeof openAuthorityStore>>,
    cluster: FakeCluster,
  ) => T | Promise<T>,
): Promise<T> {
  const cluster = new FakeCluster();
  const { validators, verify } = cluster;
  const epochs = new EpochChain(validators, () => verify);
  // Of the genesis nothing else is looked at here.
  const genesisFile = { deployment: { validators } } as unknown as GenesisFile;
  const stopping = new Stopping();
  const url = 'http://127.0.0.1:8080';
  const surroundings = { config, genesisFile, epochs, validator: cluster, clock, url };
  try {
    return await look(await openAuthorityStore(surroundings, stopping), cluster);
  } finally {
    await stopping.run();
  }
}

test('A passphrase file seals every key, and is needed to open them again', async () => {
  const { path, config } = directoryWith('passphrase_file: passphrase\n');
  const made = await opened(config, ({ authority }) => authority.caPem);
  for (const name of keys) {
    expect(readFileSync(join(path, name), 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
  }
  expect(await opened(config, ({ authority }) => authority.caPem)).toBe(made);
  writeFileSync(join(path, 'passphrase'), 'close sesame\n');
  const refused = expect(opened(config, () => {})).rejects;
  await refused.toThrow(/intermediate\.key\.pem: the passphrase is wrong/);
  rmSync(join(path, 'passphrase'));
  const failure = await opened(config, () => null).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(DaemonRefusal);
  expect((failure as Error).message).toMatch(/passphrase: found nothing readable/);
}, 240_000);

test.each(['p256', 'ed25519'] as const)(
  'An authority of %s keys issues by choice',
  async (kind) => {
    const { config } = directoryWith(`key_algorithm: ${kind}\n`);
    await opened(config, async ({ authority, issuer }, cluster) => {
      expect(issuer.key.algorithm).toBe(kind);
      expect(issuer.root.algorithm).toBe(kind);
      const { promise, resolve } = Promise.withResolvers<IssuanceOutcome>();
      const wish = { requestId: 'r-1' };
      authority.request(csrFor('host.mesh'), wish, cluster.agent(), resolve);
      const outcome = await promise;
      if (outcome.type !== 'issued') throw new Error(JSON.stringify(outcome));
      const leaf = new X509Certificate(outcome.certificate.pem);
      expect(leaf.verify(new X509Certificate(issuer.chainPem).publicKey)).toBe(true);
    });
  },
);

test('A kind of key that there is not is named with those there are', () => {
  expect(() => directoryWith('key_algorithm: rsa\n')).toThrow(/key_algorithm.*p256, ed25519/s);
});
