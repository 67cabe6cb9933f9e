import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { authorityCommand } from '../../src/cli/authority-command.ts';
import { CommandFailure } from '../../src/cli/failure.ts';
import { standIn, temporaryDirectory } from './stand-in.ts';

const algorithm = 'ed25519';

test('Makes an authority, and of the same directory says the same again', () => {
  const data = join(temporaryDirectory(), 'authority');
  const said = [1, 2].map(() => {
    const { terminal, stdout } = standIn();
    expect(authorityCommand({ data, algorithm }, terminal, undefined)).toBe(0);
    return stdout();
  });
  expect(said[1]).toBe(said[0]);
  expect(said[0]).toContain('keys of type ed25519, in the clear');
  const { fingerprint256 } = new X509Certificate(readFileSync(join(data, 'root.pem')));
  expect(said[0]).toContain(fingerprint256);
});

test('The passphrase comes from a file, or from the environment, and is asked for again', () => {
  const directory = temporaryDirectory();
  const passphraseFile = join(directory, 'passphrase');
  writeFileSync(passphraseFile, 'open sesame\n');
  const options = { data: join(directory, 'authority'), algorithm } as const;
  const { terminal, stdout } = standIn();
  authorityCommand({ ...options, passphraseFile }, terminal, 'not this one');
  expect(stdout()).toContain('sealed by the passphrase');
  authorityCommand(options, terminal, 'open sesame');
  expect(() => authorityCommand(options, terminal, 'close sesame')).toThrow(CommandFailure);
  expect(() => authorityCommand(options, terminal, undefined)).toThrow(/encrypted/);
});

test('Names and networks it could not certify are wrong usage', () => {
  const { terminal } = standIn();
  const data = join(temporaryDirectory(), 'authority');
  const options = { data, algorithm } as const;
  const call = (more: object) => () =>
    authorityCommand({ ...options, ...more }, terminal, undefined);
  expect(call({ suffix: ['.mesh'] })).toThrow(/allowedSuffixes: "\.mesh"/);
  expect(call({ network: ['10.0.0.0'] })).toThrow(/allowedNetworks: "10\.0\.0\.0"/);
});
