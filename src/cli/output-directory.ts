import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assert } from '../base/assert.ts';
import { shellWord } from '../report/shell-word.ts';
import type { WrittenFiles } from '../report/terminal.ts';
import type { RunOutput } from '../scenario/run.ts';
import { reasonOf, wrongUsage } from './failure.ts';

/** Makes the directory, so that a run does not fail at its end for a path nobody can write. */
export function prepareDirectory(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    throw wrongUsage(`--out ${directory}: cannot be made (${reasonOf(error)})`);
  }
}

/**
 * A name of its own for each scenario, in order, that every file system takes: letters, digits,
 * dots and dashes.
 */
export function directoryNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = name.toLowerCase().replace(/[^a-z0-9.]+/g, '-');
    const base = plain.replace(/^[-.]+|[-.]+$/g, '') || 'scenario';
    let own = base;
    for (let i = 2; taken.has(own); i++) own = `${base}-${i}`;
    taken.add(own);
    return own;
  });
}

/** Writes what a run leaves behind (CONTRACT §3), in place of what an earlier run left. */
export function writeOutput(directory: string, { result, artefacts }: RunOutput): WrittenFiles {
  const certificates = join(directory, 'certificates');
  const proofs = join(directory, 'proofs');
  try {
    clear(certificates, /^[0-9a-f]+\.pem$/);
    clear(proofs, /^[0-9a-f]+\.json$/);
    writeFileSync(join(directory, 'ca.pem'), artefacts.caPem);
    writeFileSync(join(directory, 'validators.json'), artefacts.validatorsJson);
    for (const { serial, pem, proofJson } of artefacts.certificates) {
      assert(/^[0-9a-f]+$/.test(serial), `a serial that is no hex: ${serial}`);
      writeFileSync(join(certificates, `${serial}.pem`), pem);
      writeFileSync(join(proofs, `${serial}.json`), proofJson);
    }
    writeFileSync(join(directory, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  } catch (error) {
    if (!isFileError(error)) throw error;
    throw wrongUsage(`--out ${directory}: cannot be written (${reasonOf(error)})`);
  }
  const first = artefacts.certificates[0];
  return {
    directory,
    checkCommand:
      first === undefined
        ? null
        : `npx hypermesh verify ${shellWord(join(certificates, `${first.serial}.pem`))} ` +
          `--validators ${shellWord(join(directory, 'validators.json'))}`,
  };
}

/** Makes `directory`, without the files of an earlier run; what else is there stays. */
function clear(directory: string, ours: RegExp): void {
  makeDirectory(directory);
  for (const name of readdirSync(directory)) {
    if (ours.test(name)) rmSync(join(directory, name));
  }
}

/**
 * Makes `directory` and those above it. Not with `recursive`: that never returns where a directory
 * exists and yet answers ENOENT to whoever makes one in it, as /proc does.
 */
function makeDirectory(directory: string): void {
  if (isDirectory(directory)) return;
  const above = dirname(directory);
  if (above !== directory) makeDirectory(above);
  try {
    mkdirSync(directory);
  } catch (error) {
    if (!isDirectory(directory)) throw error; // else another run was quicker
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

export function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
