import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CommandFailure } from '../../src/cli/failure.ts';
import { directoryNames } from '../../src/cli/output-directory.ts';
import { type RunOptions, type RunWorld, runCommand } from '../../src/cli/run-command.ts';
import type { RunScenario } from '../../src/scenario/run.ts';
import { instantWorld, standIn, temporaryDirectory, writeScenario } from './stand-in.ts';

async function failureOf(files: readonly string[], options: RunOptions, world: RunWorld) {
  try {
    await runCommand(files, options, world);
  } catch (error) {
    if (error instanceof CommandFailure) return error;
    throw error;
  }
  throw new Error('it ran');
}

describe('hypermesh run', () => {
  it('tells the verdict on stdout and nothing on stderr', async () => {
    const file = writeScenario(temporaryDirectory(), 'a.yaml', 'name: a\nworkload: {requests: 2}');
    const world = standIn();
    expect(await runCommand([file], {}, world)).toBe(0);
    expect(world.stdout()).toMatch(/^PASSED {2}a\n/);
    expect(world.stderr()).toBe('');
  });

  it('runs the scenarios of several files in order and exits with the worst', async () => {
    const directory = temporaryDirectory();
    const files = [
      writeScenario(directory, 'a.yaml', 'name: a\n---\nname: stuck'),
      writeScenario(directory, 'b.yaml', 'name: b\nexpect: {issued: 99}'),
    ];
    const world = standIn();
    expect(await runCommand(files, {}, world)).toBe(2);
    const words = world.stdout().split('\n').slice(1, 4);
    expect(words.map((line) => line.split(/ +/).slice(0, 2))).toEqual([
      ['PASSED', 'a'],
      ['STALLED', 'stuck'],
      ['FAILED', 'b'],
    ]);
    expect(world.stdout()).toContain('2 of 3 scenarios not as expected');
  });

  it('puts the command line over the file', async () => {
    const file = writeScenario(temporaryDirectory(), 'a.yaml', 'name: a\nseed: 3');
    const world = standIn();
    await runCommand([file], { seed: 42, transport: 'libp2p', json: '-' }, world);
    expect(JSON.parse(world.stdout())).toMatchObject({ seed: 42, transport: 'libp2p' });
  });

  it('writes one line of JSON a scenario; on stdout it is alone there', async () => {
    const directory = temporaryDirectory();
    const file = writeScenario(directory, 'a.yaml', 'name: a\n---\nname: b');
    const json = join(directory, 'results.jsonl');
    const toFile = standIn();
    await runCommand([file], { json }, toFile);
    const lines = readFileSync(json, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).scenario)).toEqual(['a', 'b']);
    const toStdout = standIn();
    await runCommand([file], { json: '-' }, toStdout);
    expect(toStdout.stdout()).toBe(readFileSync(json, 'utf8'));
    expect(toStdout.stderr()).toContain('all 2 scenarios as expected');
  });

  it('writes the trace: what was run, then every event', async () => {
    const directory = temporaryDirectory();
    const file = writeScenario(directory, 'a.yaml', 'name: a\nworkload: {requests: 2}');
    const trace = join(directory, 'trace.jsonl');
    await runCommand([file], { trace }, standIn());
    const lines = readFileSync(trace, 'utf8').trimEnd().split('\n');
    const types = lines.map((line) => JSON.parse(line).type);
    expect(types).toEqual(['scenario', 'request', 'request']);
  });

  it('draws progress only on a terminal, and wipes it away', async () => {
    const file = writeScenario(temporaryDirectory(), 'a.yaml', 'name: a');
    const world = standIn({ showsProgress: true });
    await runCommand([file], {}, world);
    expect(world.stderr()).toBe('\r\u001b[2Ka  starting\r\u001b[2K');
  });

  it('stops when interrupted, marks what it has as partial, and says so in its exit', async () => {
    const file = writeScenario(temporaryDirectory(), 'a.yaml', 'name: stuck\n---\nname: never');
    const interrupting: RunScenario = (scenario, hooks) => {
      world.interrupt();
      return instantWorld(scenario, hooks);
    };
    const world = standIn({ run: interrupting });
    expect(await runCommand([file], {}, world)).toBe(130);
    expect(world.stdout()).toContain('CUT SHORT');
    expect(world.stdout()).not.toContain('never');
    expect(world.stdout()).toContain('1 scenario not begun');
  });
});

describe('the command that shows a violation again', () => {
  const place = { sequence: 3, replicas: [1, 2], atMs: 9, detail: 'two batches' };
  const diverging: RunScenario = async (scenario, hooks) => {
    const { result, ...rest } = await instantWorld(scenario, hooks);
    const violations = [{ checker: 'agreement', ...place }];
    const expectations = [{ name: 'outcome', expected: 'passed', actual: 'diverged', held: false }];
    return { ...rest, result: { ...result, outcome: 'diverged', violations, expectations } };
  };
  const two = 'transport: simulated\nname: odd one\n---\nname: other\ntransport: simulated';

  it('is told with the verdict and in the results, word for word', async () => {
    const file = writeScenario(temporaryDirectory(), "it's.yaml", 'name: a');
    const world = standIn({ run: diverging });
    const json = `${file}.json`;
    await runCommand([file], { seed: 5, transport: 'simulated', json }, world);
    const word = `'${file.replace("'", "'\\''")}'`;
    const command = `npx hypermesh run ${word} --transport simulated --seed 5`;
    expect(world.stdout()).toContain(`  repeat it: ${command}\n`);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ repeat: command });
  });

  it('names the one scenario where a file has several', async () => {
    const file = writeScenario(temporaryDirectory(), 'two.yaml', two);
    const world = standIn({ run: diverging });
    await runCommand([file], {}, world);
    expect(world.stdout()).toContain(`${file} --transport simulated --seed 1 --only 'odd one'\n`);
    expect(world.stdout()).toContain(`${file} --transport simulated --seed 1 --only other\n`);
  });

  it('runs the scenarios of that name and no other', async () => {
    const file = writeScenario(temporaryDirectory(), 'two.yaml', two);
    const world = standIn();
    await runCommand([file], { only: 'odd one', json: '-' }, world);
    expect(JSON.parse(world.stdout())).toMatchObject({ scenario: 'odd one' });
    const failure = await failureOf([file], { only: 'odd' }, standIn());
    expect(failure.exitCode).toBe(64);
    expect(failure.message).toBe('--only odd: no scenario has this name; there are odd one, other');
  });

  it('is none on real processes, and where nothing was violated', async () => {
    const file = writeScenario(temporaryDirectory(), 'a.yaml', 'name: a\ntransport: libp2p');
    const world = standIn({ run: diverging });
    await runCommand([file], { json: '-' }, world);
    expect(JSON.parse(world.stdout())).not.toHaveProperty('repeat');
    const fine = standIn();
    await runCommand([file], { json: '-', transport: 'simulated' }, fine);
    expect(JSON.parse(fine.stdout())).not.toHaveProperty('repeat');
  });
});

describe('hypermesh run --out', () => {
  it('tells the verdict also when its files cannot be written in the end', async () => {
    const directory = temporaryDirectory();
    const file = writeScenario(directory, 'a.yaml', 'name: a');
    const out = join(directory, 'out');
    mkdirSync(join(out, 'result.json'), { recursive: true }); // a directory where a file belongs
    const world = standIn();
    const failure = await failureOf([file], { out }, world);
    expect(failure.message).toContain('cannot be written');
    expect(world.stdout()).toMatch(/^PASSED {2}a\n/);
  });

  it('leaves certificates, proofs, CA, validators, the result, and how to check one', async () => {
    const directory = temporaryDirectory();
    const file = writeScenario(directory, 'a.yaml', 'name: a\nworkload: {requests: 2}');
    const out = join(directory, 'deep', 'out');
    const world = standIn();
    await runCommand([file], { out }, world);
    expect(readdirSync(out, { recursive: true }).toSorted()).toEqual([
      'ca.pem',
      'certificates',
      join('certificates', '00.pem'),
      join('certificates', '01.pem'),
      'proofs',
      join('proofs', '00.json'),
      join('proofs', '01.json'),
      'result.json',
      'validators.json',
    ]);
    const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
    expect(result).toMatchObject({ scenario: 'a', issued: 2 });
    const certificate = join(out, 'certificates', '00.pem');
    expect(world.stdout()).toContain(`hypermesh verify ${certificate} --validators`);
  });

  it('removes the certificates of an earlier run and nothing else', async () => {
    const directory = temporaryDirectory();
    const file = writeScenario(directory, 'a.yaml', 'name: a\nworkload: {requests: 1}');
    const out = join(directory, 'out');
    mkdirSync(join(out, 'certificates'), { recursive: true });
    mkdirSync(join(out, 'proofs'));
    writeFileSync(join(out, 'certificates', 'ffee.pem'), 'stale');
    writeFileSync(join(out, 'proofs', 'ffee.json'), 'stale');
    writeFileSync(join(out, 'certificates', 'notes.txt'), 'mine');
    await runCommand([file], { out }, standIn());
    expect(readdirSync(join(out, 'certificates'))).toEqual(['00.pem', 'notes.txt']);
    expect(readdirSync(join(out, 'proofs'))).toEqual(['00.json']);
  });

  it('gives each of several scenarios a directory of its own', async () => {
    const directory = temporaryDirectory();
    const file = writeScenario(directory, 'a.yaml', 'name: One/Two\n---\nname: one two');
    const out = join(directory, 'out');
    await runCommand([file], { out }, standIn());
    expect(readdirSync(out).toSorted()).toEqual(['one-two', 'one-two-2']);
  });

  it('names directories so that every file system takes them', () => {
    const names = ['..', '../../x', 'Ünï', 'a', 'A', '---'];
    expect(directoryNames(names)).toEqual(['scenario', 'x', 'n', 'a', 'a-2', 'scenario-2']);
  });
});

describe('hypermesh run refuses before it runs anything', () => {
  const mustNotRun: RunScenario = () => {
    throw new Error('it ran');
  };

  it('a directory that nobody can make, where making one would never end: exit 64', async () => {
    const file = writeScenario(temporaryDirectory(), 'a.yaml', 'name: a');
    const out = join('/proc', 'hypermesh', 'out');
    const failure = await failureOf([file], { out }, standIn({ run: mustNotRun }));
    expect(failure.exitCode).toBe(64);
    expect(failure.message).toMatch(/^--out \/proc\/hypermesh\/out: cannot be made \(E\w+/);
  });

  it('wrong scenarios, listing what is wrong in every file: exit 65', async () => {
    const directory = temporaryDirectory();
    const files = [
      writeScenario(directory, 'good.yaml', 'name: a'),
      writeScenario(directory, 'bad.yaml', 'name: b\nreplicas: 3\nduration: -1s'),
      join(directory, 'missing.yaml'),
      directory,
    ];
    const failure = await failureOf(files, {}, standIn({ run: mustNotRun }));
    expect(failure.exitCode).toBe(65);
    const lines = failure.message.split('\n').map((line) => line.replace(directory, 'DIR'));
    expect(lines).toEqual([
      expect.stringMatching(/^DIR\/bad\.yaml:2:11: replicas: found 3; allowed: /),
      expect.stringMatching(/^DIR\/bad\.yaml:3:11: duration: found -1s; allowed: /),
      expect.stringMatching(/^DIR\/missing\.yaml: cannot be read \(ENOENT: no such file/),
      expect.stringMatching(/^DIR: cannot be read \(EISDIR: /),
    ]);
  });

  it('a file that is no UTF-8: exit 65', async () => {
    const file = join(temporaryDirectory(), 'latin.yaml');
    writeFileSync(file, Buffer.from([0x6e, 0xe9]));
    const failure = await failureOf([file], {}, standIn({ run: mustNotRun }));
    expect(failure.exitCode).toBe(65);
    expect(failure.message).toBe(`${file}: found bytes that are no UTF-8; allowed: text in UTF-8`);
  });

  it.each(['json', 'trace', 'out'] as const)(
    '--%s at a place nobody can write: exit 64',
    async (option) => {
      const directory = temporaryDirectory();
      const file = writeScenario(directory, 'a.yaml', 'name: a');
      const place = join(file, 'below-a-file');
      const failure = await failureOf([file], { [option]: place }, standIn({ run: mustNotRun }));
      expect(failure.exitCode).toBe(64);
      expect(failure.message).toContain(`--${option} ${place}: cannot be `);
      expect(existsSync(place)).toBe(false);
    },
  );
});
