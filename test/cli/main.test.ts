import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory, writeScenario } from './stand-in.ts';

const launcher = fileURLToPath(new URL('../../scripts/hypermesh.js', import.meta.url));
const signalsChild = fileURLToPath(new URL('./signals-child.ts', import.meta.url));
const signalWhileStarting = new URL('./signal-while-starting.ts', import.meta.url).href;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. `kick` sees stdout as it grows and may send a signal. */
function run(
  program: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  kick?: (stdout: string, send: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, program, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const written = { stdout: '', stderr: '' };
    child.stdout.on('data', (bytes) => {
      written.stdout += bytes;
      kick?.(written.stdout, (signal) => void child.kill(signal));
    });
    child.stderr.on('data', (bytes) => {
      written.stderr += bytes;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...written }));
  });
}

const hypermesh = (...args: string[]) => run([launcher, ...args]);

describe('the hypermesh command', () => {
  it.each([
    { args: [], why: 'no command' },
    { args: ['verfy'], why: 'an unknown command' },
    { args: ['run'], why: 'no file' },
    { args: ['run', 'a.yaml', '--seed', '-1'], why: 'a seed below zero' },
    { args: ['run', 'a.yaml', '--transport', 'quic'], why: 'an unknown transport' },
    { args: ['run', 'a.yaml', '--colour'], why: 'an unknown option' },
    { args: ['verify', 'a.pem'], why: 'no validator set' },
    { args: ['explore', '--runs', '0'], why: 'no schedules' },
    { args: ['explore', '--for', '60'], why: 'a duration without a unit' },
    { args: ['explore', '--replicas', '3..7'], why: 'three replicas' },
    { args: ['explore', '--replicas', '7..4'], why: 'a range backwards' },
  ])('exits 64 for $why', async ({ args }) => {
    const { code, stdout, stderr } = await hypermesh(...args);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/\n +at /);
  });

  it('explains itself with --help, everywhere, on stdout', async () => {
    for (const args of [['--help'], ['run', '--help'], ['verify', '--help']]) {
      const { code, stdout, stderr } = await hypermesh(...args);
      expect(code).toBe(0);
      expect(stdout).toContain('Usage: hypermesh');
      expect(stderr).toBe('');
    }
  });

  it('prints a JSON Schema that says which one it is', async () => {
    const { code, stdout } = await hypermesh('schema');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  });

  it('exits 65 for a wrong scenario, without a stack trace', async () => {
    const file = writeScenario(temporaryDirectory(), 'a.yaml', 'name: a\nreplcas: 4\n');
    const { code, stdout, stderr } = await hypermesh('run', file);
    expect(code).toBe(65);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/:2:1: replcas: found an unknown key \(did you mean replicas\?\)/);
    expect(stderr).not.toMatch(/\n +at /);
  });

  it('names the file that was probably meant', async () => {
    const wanted = fileURLToPath(new URL('../../scenarios/partitio.yaml', import.meta.url));
    const { code, stderr } = await hypermesh('run', wanted);
    expect(code).toBe(65);
    expect(stderr).toContain('; did you mean ');
    expect(stderr).toContain('/scenarios/partition.yaml?)');
  });

  it('exits 65 for a certificate that cannot be read', async () => {
    const { code, stderr } = await hypermesh('verify', 'no.pem', '--validators', 'no.json');
    expect(code).toBe(65);
    expect(stderr).toContain('no.pem: cannot be read (ENOENT');
  });

  it('exits 1 and says why when it refuses a certificate', async () => {
    const directory = temporaryDirectory();
    const certificate = writeScenario(directory, 'a.pem', 'no certificate');
    const validators = writeScenario(directory, 'v.json', '{}');
    const { code, stdout } = await hypermesh('verify', certificate, '--validators', validators);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ validators file: /);
    expect(stdout).toContain('REFUSED');
  });
});

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s asks the run to end, and the exit code will be %i', async (signal, exitCode) => {
    let sent = false;
    const { code, stdout } = await run([signalsChild], {}, (written, send) => {
      if (sent || !written.includes('ready')) return;
      sent = true;
      send(signal);
    });
    expect(stdout).toBe(`ready\nnotified\naborted ${exitCode}\n`);
    expect(code).toBe(0);
  });

  it('that comes while the launcher starts a newer Node leaves nothing behind', async () => {
    const { stdout } = await run(['--import', signalWhileStarting, launcher, 'schema']);
    expect(stdout).toBe('');
  });
});
