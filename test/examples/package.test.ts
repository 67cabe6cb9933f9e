import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { defaultExtensionOid } from '../../src/trustchain/consensus-extension.ts';
import { makeIssuer } from '../../src/trustchain/issuer.ts';
import { formatValidatorsFile } from '../../src/trustchain/validators-file.ts';
import { fakeNodes, honest } from '../validation/http-fakes.ts';
import { lies } from '../validation/http-lies.ts';
import { type Installed, installPackage } from './package.ts';

const run = promisify(execFile);

describe('the packed package, installed where nothing else is', { timeout: 180_000 }, () => {
  let installed: Installed;
  beforeAll(async () => {
    installed = await installPackage();
  }, 180_000);
  afterAll(() => installed?.remove());

  it('holds what it needs and nothing of the workshop', () => {
    const rooms = new Set(installed.files.map((file) => file.split('/')[0]));
    expect([...rooms].sort()).toEqual([
      'README.md',
      'dist',
      'examples',
      'package.json',
      'scenarios',
      'scripts',
    ]);
    expect(installed.files.filter((file) => file.startsWith('scripts/'))).toEqual([
      'scripts/hypermesh.js',
    ]);
    expect(installed.files.filter((file) => /\.test\.|pictures/.test(file))).toEqual([]);
  });

  it('runs its command', async () => {
    const launcher = join('node_modules', 'hypermesh', 'scripts', 'hypermesh.js');
    expect((await installed.node(launcher, '--help')).stdout).toContain('Usage: hypermesh');
    const scenario = join('node_modules', 'hypermesh', 'scenarios', 'normal-case.yaml');
    const { stdout } = await installed.node(launcher, 'run', scenario, '--transport', 'simulated');
    expect(stdout).toMatch(/^PASSED {2}/);
  });

  it('types its examples, as nodenext resolves it', async () => {
    const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
    await run(process.execPath, [tsc, '-p', '.'], { cwd: installed.directory });
  });

  it('lets one write an adversary in 20 lines', async () => {
    const { stdout } = await installed.node('write-your-own-adversary.ts');
    expect(stdout).toBe('passed: 20 issued, 1 view change(s)\naccused: 0; isolated: 0\n');
  });

  it('lets one drive the simulator from a test of one’s own', async () => {
    await installed.node('--test', 'drive-the-simulator.ts');
  });

  it('lets one ask a cluster and check its answer', async () => {
    const [liar, node] = await fakeNodes(lies['is one signature short']!.conduct, honest);
    const { validators } = node!.cluster.chain().firstEpoch;
    const random = new Random('issuer');
    const issuer = makeIssuer({ nowMs: Date.now(), chance: (size) => random.bytes(size) });
    const text = formatValidatorsFile({
      validators,
      scheme: 'ed25519',
      extensionOid: defaultExtensionOid,
      issuerPublicKey: issuer.key.publicKey,
    });
    await writeFile(join(installed.directory, 'validators.json'), text);
    const asked = ['ask-a-cluster.ts', 'validators.json', liar!.url, node!.url];
    const { stdout } = await installed.node(...asked);
    expect(stdout).toBe(
      'accepted at 2023-11-14T22:13:20.000Z\nsequence 7, signed by replicas 0, 1, 2\n',
    );
    const alone = installed.node('ask-a-cluster.ts', 'validators.json', liar!.url);
    await expect(alone).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`${liar!.url}: lying: 2 votes, 3 needed`),
    });
  });
});
