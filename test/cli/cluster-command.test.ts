import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accountOf, clusterCommand } from '../../src/cli/cluster-command.ts';
import { CommandFailure } from '../../src/cli/failure.ts';
import { nodeCommand } from '../../src/cli/node-command.ts';
import { standIn, temporaryDirectory } from './stand-in.ts';

const level = { logLevel: 'info' } as const;

async function failureOf(action: Promise<unknown>): Promise<CommandFailure> {
  const error = await action.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof CommandFailure) return error;
  throw error;
}

describe('hypermesh cluster', () => {
  it('with --init-only makes a directory, says what it holds, and runs nothing', async () => {
    const world = standIn();
    const data = join(temporaryDirectory(), 'c');
    const code = await clusterCommand({ data, replicas: 5, initOnly: true, ...level }, world);
    expect(code).toBe(0);
    expect(world.stdout()).toBe(`${data}: a cluster of 5 replicas, profile localhost\n`);
    expect(world.stderr()).toBe('');
  });

  it('exits 64 for another cluster than is there, and 65 for no cluster at all', async () => {
    const world = standIn();
    const data = join(temporaryDirectory(), 'c');
    await clusterCommand({ data, initOnly: true, ...level }, world);
    const other = { data, replicas: 7, initOnly: true, ...level };
    expect((await failureOf(clusterCommand(other, world))).exitCode).toBe(64);
    const foreign = temporaryDirectory();
    writeFileSync(join(foreign, 'letter.txt'), 'dear all');
    const there = { data: foreign, initOnly: true, ...level };
    expect((await failureOf(clusterCommand(there, world))).exitCode).toBe(65);
  });

  it('runs no cluster that is for other machines, and says what does', async () => {
    const world = standIn();
    const data = join(temporaryDirectory(), 'c');
    const hosts = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
    await clusterCommand({ data, hosts, initOnly: true, ...level }, world);
    const failure = await failureOf(clusterCommand({ data, ...level }, world));
    expect(failure.exitCode).toBe(64);
    expect(failure.message).toContain('hypermesh node --config node.yaml');
  });
});

describe('an account for a new cluster', () => {
  const hex = 'ab'.repeat(32);
  const key = new Uint8Array(32).fill(0xab);

  it.each([
    [hex, ['*']],
    [`${hex}=*.lab`, ['*.lab']],
    [`${hex}=*.lab,host.mesh`, ['*.lab', 'host.mesh']],
  ])('%s is a key and the names it may ask for', (written, namePatterns) => {
    expect(accountOf(written)).toEqual({ nodeId: key, namePatterns });
  });

  it('may name a file with the key', () => {
    const file = join(temporaryDirectory(), 'node.pub');
    writeFileSync(file, `${hex}\n`);
    expect(accountOf(`${file}=*.lab`)).toEqual({ nodeId: key, namePatterns: ['*.lab'] });
  });

  it.each([
    [`${hex}=`, 'found the pattern ""'],
    [`${hex}=a b`, 'found the pattern "a b"'],
    ['/nowhere/key', '/nowhere/key: cannot be read'],
  ])('%s is refused', (written, says) => {
    expect(() => accountOf(written)).toThrow(says);
  });
});

describe('hypermesh node', () => {
  it('prints a config to start from, or the one it is given with every default', async () => {
    const world = standIn();
    expect(await nodeCommand({ printConfig: true }, world)).toBe(0);
    const file = join(temporaryDirectory(), 'node.yaml');
    writeFileSync(file, world.stdout());
    const again = standIn();
    expect(await nodeCommand({ config: file, printConfig: true }, again)).toBe(0);
    expect(again.stdout()).toBe(readFileSync(file, 'utf8'));
  });

  it('exits 64 without a config, and 65 naming the place where one is wrong', async () => {
    const none = await failureOf(nodeCommand({}, standIn()));
    expect(none.exitCode).toBe(64);
    const file = join(temporaryDirectory(), 'node.yaml');
    writeFileSync(file, 'replica: 0\npeers: []\ncolour: red\n');
    const wrong = await failureOf(nodeCommand({ config: file }, standIn()));
    expect(wrong.exitCode).toBe(65);
    expect(wrong.message).toContain(`${file}:3:9: colour: found the key "colour"`);
  });

  it('exits 65 when its files do not fit together', async () => {
    const data = join(temporaryDirectory(), 'c');
    const hosts = ['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1'];
    await clusterCommand({ data, hosts, initOnly: true, ...level }, standIn());
    const file = join(data, 'node-1/node.yaml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('replica: 1', 'replica: 2'));
    const failure = await failureOf(nodeCommand({ config: file }, standIn()));
    expect(failure.exitCode).toBe(65);
    expect(failure.message).toContain('the key of replica 2 in genesis');
    writeFileSync(file, text.replace('replica: 1', 'replica: 4'));
    const beyond = await failureOf(nodeCommand({ config: file }, standIn()));
    expect(beyond.message).toContain('replica: found 4; allowed: 0 to 3');
  });
});
