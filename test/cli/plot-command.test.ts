import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { CommandFailure } from '../../src/cli/failure.ts';
import { labelsOf, plotCommand } from '../../src/cli/plot-command.ts';
import { PlotProgressLine, size } from '../../src/cli/plot-progress.ts';
import { duration } from '../../src/cli/progress-line.ts';
import { makePlot } from '../../src/proofs/plot.ts';
import { openPlotFile, rowsPath, storedPlot } from '../../src/runtime/plot-file.ts';
import { standIn, temporaryDirectory } from './stand-in.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const nodeId = new Uint8Array(
  Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url'),
);
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

function workplace(key = pem) {
  const directory = temporaryDirectory();
  const nodeKey = join(directory, 'node.pem');
  writeFileSync(nodeKey, key);
  return { directory, nodeKey, out: join(directory, 'plot') };
}

async function failureOf(promise: Promise<unknown>): Promise<CommandFailure> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CommandFailure)) throw new Error(`no failure but ${error}`);
  return error;
}

describe('hypermesh plot', () => {
  it.each([
    ['a private key in PEM', pem],
    ['a public key in PEM', publicKey.export({ format: 'pem', type: 'spki' }).toString()],
    ['a public key in hex', `${toHex(nodeId)}\n`],
  ])('makes the plot of the node whose key is %s', async (_, key) => {
    const { nodeKey, out } = workplace(key);
    const world = standIn();
    expect(await plotCommand({ nodeKey, size: '64KiB', out }, world)).toBe(0);
    const file = openPlotFile(out);
    expect(storedPlot(out, file)).toMatchObject({ nodeId, root: makePlot(nodeId, 2048).root });
    file.close();
    expect(existsSync(rowsPath(out))).toBe(true);
    expect(world.stdout()).toContain(`64 KiB for node ${toHex(nodeId)}`);
    expect(world.stderr()).toBe('');
  });

  it('draws how far it is on a terminal, and wipes it at the end', async () => {
    const { nodeKey, out } = workplace();
    const world = { ...standIn({ showsProgress: true }), nowMs: clock(50) };
    await plotCommand({ nodeKey, size: '1MiB', out }, world);
    expect(world.stderr()).toMatch(/█+░* +\d+ % {2}row 2 of 3 {2}[\d.]+ KiB\/s {2}\d+s left/);
    expect(world.stderr().endsWith('\r\u001b[2K')).toBe(true);
  });

  it('leaves nothing when it is interrupted, and says why', async () => {
    const { directory, nodeKey, out } = workplace();
    const world = standIn();
    world.interrupt();
    expect(await plotCommand({ nodeKey, size: '1MiB', out }, world)).toBe(130);
    expect(readdirSync(directory)).toEqual(['node.pem']);
    expect(world.stderr()).toContain('interrupted');
  });

  it.each([
    ['plot', 'it exists'],
    ['plot.rows', 'it exists'],
    ['plot.part', 'another run is at work on it, or one was killed'],
    ['plot.rows.part', 'another run is at work on it, or one was killed'],
  ])('overwrites %s only when it is forced to', async (name, reason) => {
    const { directory, nodeKey, out } = workplace();
    writeFileSync(join(directory, name), 'precious');
    const options = { nodeKey, size: '4KiB', out };
    const failure = await failureOf(plotCommand(options, standIn()));
    expect(failure.exitCode).toBe(65);
    expect(failure.message).toContain(`${join(directory, name)}: ${reason}`);
    expect(await plotCommand({ ...options, force: true }, standIn())).toBe(0);
    expect(readdirSync(directory).sort()).toEqual(['node.pem', 'plot', 'plot.rows']);
  });

  it.each([
    ['text that is no key', 'nothing\n', 'found no key that can be read'],
    [
      'a key of another kind',
      generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .privateKey.export({ format: 'pem', type: 'pkcs8' })
        .toString(),
      'found a key of type ec',
    ],
  ])('refuses %s', async (_, key, reason) => {
    const { nodeKey, out } = workplace(key);
    const failure = await failureOf(plotCommand({ nodeKey, size: '4KiB', out }, standIn()));
    expect(failure.exitCode).toBe(65);
    expect(failure.message).toContain(`${nodeKey}: ${reason}; allowed: an Ed25519 key`);
  });

  it('says so when there is no such directory', async () => {
    const { nodeKey, directory } = workplace();
    const out = join(directory, 'nowhere', 'plot');
    const failure = await failureOf(plotCommand({ nodeKey, size: '4KiB', out }, standIn()));
    expect(failure.exitCode).toBe(65);
    expect(failure.message).toContain('cannot be written (ENOENT');
  });
});

describe('a size', () => {
  it.each([
    ['4KiB', 128],
    ['1MiB', 32_768],
    ['1GiB', 2 ** 25],
    ['16GiB', 2 ** 29],
  ])('of %s is %i labels', (written, labels) => {
    expect(labelsOf(written)).toBe(labels);
  });

  it.each(['1', '2KiB', '3MiB', '32GiB', '1.5GiB', '1GB', '-1MiB', ''])(
    'of %s is wrong usage',
    (written) => {
      expect(() => labelsOf(written)).toThrow(
        `--size: found ${written}; allowed: a power of two from 4 KiB to 16 GiB, like 1GiB`,
      );
    },
  );
});

describe('the progress of a plot', () => {
  it('is told by the rate of late, not by that of the first row', () => {
    const world = standIn({ showsProgress: true });
    let nowMs = 0;
    const line = new PlotProgressLine(world.terminal, () => nowMs, 1000 * 1024);
    const total = 3 * 1000 * 1024;
    let done = 0;
    for (let second = 0; second < 30; second++, nowMs += 1000) {
      done += second < 15 ? 100 * 1024 : 10 * 1024;
      line.show(done, total);
    }
    expect(world.stderr()).toContain('3.1 MiB/s');
    const last = world.stderr().split('\r\u001b[2K').at(-1);
    expect(last).toContain('55 %  row 2 of 3  320 KiB/s  2m 15s left');
  });

  it('is not drawn where nobody sees it', () => {
    const world = standIn();
    const line = new PlotProgressLine(world.terminal, () => 0, 10);
    line.show(1, 30);
    line.clear();
    expect(world.stderr()).toBe('');
  });
});

it.each([
  [duration(400), '0s'],
  [duration(61_000), '1m 01s'],
  [duration(3_600_000 * 2 + 180_000), '2h 03m'],
  [size(0), '0 B'],
  [size(1536), '1.5 KiB'],
  [size(2 ** 30), '1 GiB'],
])('%s is written %s', (written, expected) => {
  expect(written).toBe(expected);
});

/** A clock that moves by `stepMs` whenever it is read. */
function clock(stepMs: number): () => number {
  let nowMs = 0;
  return () => {
    nowMs += stepMs;
    return nowMs;
  };
}
