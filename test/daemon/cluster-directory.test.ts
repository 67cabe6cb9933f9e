import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../src/base/bytes.ts';
import { ClusterDirectory, type ClusterWishes } from '../../src/daemon/cluster-directory.ts';
import { readGenesisFile } from '../../src/daemon/genesis-file.ts';
import { readKeyFile } from '../../src/daemon/key-file.ts';
import { readWrittenNodeConfig } from '../../src/daemon/node-config.ts';
import { DaemonRefusal } from '../../src/daemon/refusal.ts';
import { temporaryDirectory } from './directories.ts';

const none = { accounts: [] };
const open = (path: string, wishes: Partial<ClusterWishes> = {}) =>
  ClusterDirectory.open(path, { ...none, ...wishes }, '1.2.3');

function refusalOf(action: () => unknown): DaemonRefusal {
  try {
    action();
  } catch (error) {
    if (error instanceof DaemonRefusal) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe("a cluster's directory", () => {
  it('is made with a key for every node, readable by its owner alone, and one genesis', () => {
    const path = join(temporaryDirectory(), 'c');
    const directory = open(path, { replicas: 5, standby: 1 });
    const { deployment } = readGenesisFile(directory.genesisFile);
    const keys = [...deployment.validators.publicKeys, ...deployment.standbys];
    expect(keys).toHaveLength(6);
    for (const [replica, key] of keys.entries()) {
      const keyFile = join(directory.nodeDirectory(replica), 'node.key');
      expect(statSync(keyFile).mode & 0o777).toBe(0o600);
      expect(equalBytes(readKeyFile(keyFile).signer.publicKey, key)).toBe(true);
      const copy = join(directory.nodeDirectory(replica), 'genesis.json');
      expect(readFileSync(copy, 'utf8')).toBe(readFileSync(directory.genesisFile, 'utf8'));
    }
  });

  it('holds an account of ample stake for the node of TrustChain, and for whom it was told', () => {
    const other = new Uint8Array(32).fill(7);
    const path = join(temporaryDirectory(), 'c');
    const directory = open(path, { accounts: [{ nodeId: other, namePatterns: ['*.lab'] }] });
    const { genesis } = readGenesisFile(directory.genesisFile);
    const own = readKeyFile(join(directory.trustchainDirectory, 'node.key')).signer.publicKey;
    expect(genesis.accounts.map(({ nodeId }) => [...nodeId])).toEqual([[...own], [...other]]);
    expect(genesis.accounts.map(({ namePatterns }) => namePatterns)).toEqual([['*'], ['*.lab']]);
  });

  it('is what it was when it is opened again, asked for nothing or for the same', () => {
    const path = join(temporaryDirectory(), 'c');
    const made = open(path, { replicas: 7, profile: 'production' });
    expect(open(path).file).toEqual(made.file);
    expect(open(path, { replicas: 7, profile: 'production', standby: 0 }).file).toEqual(made.file);
  });

  it.each([
    [{ replicas: 5 }, '--replicas 4, not 5'],
    [{ standby: 1 }, '--standby 0, not 1'],
    [{ profile: 'default' }, '--profile localhost, not default'],
    [{ fullProofs: true }, '--full-proofs false, not true'],
    [{ accounts: [{ nodeId: new Uint8Array(32), namePatterns: ['*'] }] }, 'only when a cluster is'],
  ] as const)('refuses %o where it holds something else', (wishes, says) => {
    const path = join(temporaryDirectory(), 'c');
    open(path);
    const refusal = refusalOf(() => open(path, wishes));
    expect(refusal.code).toBe('mismatch');
    expect(refusal.message).toContain(says);
  });

  it.each([
    [{ format: 3 }, 'format 3, of a newer hypermesh; use that one'],
    [
      { format: 1 },
      'format 1, of an older hypermesh; use that one, or begin with an empty directory',
    ],
    [{ format: 0 }, 'format 0, which no version wrote'],
    [{ replicas: 'four' }, 'replicas: found "four"'],
    [{ colour: 'red' }, 'the key "colour"'],
  ])('with %o in cluster.json is refused', (change, says) => {
    const path = join(temporaryDirectory(), 'c');
    const { file } = open(path);
    writeFileSync(join(path, 'cluster.json'), JSON.stringify({ ...file, ...change }));
    expect(refusalOf(() => open(path)).message).toContain(says);
  });

  it('is never made over files of others, but in an empty directory', () => {
    const path = temporaryDirectory();
    writeFileSync(join(path, 'thesis.txt'), 'years of work');
    expect(refusalOf(() => open(path)).message).toContain('found other files (thesis.txt)');
    expect(readdirSync(path)).toEqual(['thesis.txt']);
    rmSync(join(path, 'thesis.txt'));
    expect(open(path).nodes).toBe(4);
  });

  it('leaves nothing half made behind when it cannot be made', () => {
    const parent = temporaryDirectory();
    const path = join(parent, 'c');
    refusalOf(() => open(path, { hosts: ['192.0.2.1'] }));
    expect(readdirSync(parent)).toEqual([]);
  });

  it('for other machines has a config for each, which names where all of them listen', () => {
    const path = join(temporaryDirectory(), 'c');
    const hosts = ['192.0.2.1', '192.0.2.2', '192.0.2.2', '2001:db8::4'];
    const directory = open(path, { hosts });
    const configs = hosts.map((_, replica) =>
      readWrittenNodeConfig(join(directory.nodeDirectory(replica), 'node.yaml')),
    );
    const peers = [
      '/ip4/192.0.2.1/tcp/21000',
      '/ip4/192.0.2.2/tcp/21000',
      '/ip4/192.0.2.2/tcp/21001',
      '/ip6/2001:db8::4/tcp/21000',
    ];
    expect(configs.map(({ listen }) => listen)).toEqual(peers);
    expect(configs.map((config) => config.replica)).toEqual([0, 1, 2, 3]);
    for (const config of configs) expect(config.peers).toEqual(peers);
  });
});

describe('a key file', () => {
  it('that others may read is refused, as is one that holds no Ed25519 key', () => {
    const path = join(temporaryDirectory(), 'c');
    const directory = open(path);
    const keyFile = join(directory.nodeDirectory(0), 'node.key');
    const loose = join(path, 'loose.key');
    writeFileSync(loose, readFileSync(keyFile), { mode: 0o644 });
    expect(refusalOf(() => readKeyFile(loose)).message).toContain('mode 644; allowed: 600');
    const none = join(path, 'none.key');
    writeFileSync(none, 'no key', { mode: 0o600 });
    expect(refusalOf(() => readKeyFile(none)).message).toContain('found no private key');
    mkdirSync(join(path, 'directory.key'), { mode: 0o700 });
    expect(refusalOf(() => readKeyFile(join(path, 'directory.key'))).code).toBe('badInput');
  });
});
