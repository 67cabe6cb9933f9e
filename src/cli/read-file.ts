import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { closest } from '../scenario/problem.ts';
import { badInput, reasonOf } from './failure.ts';

/** Beyond so many neighbours nobody looks for the one that was meant. */
const maxNeighbours = 1000;

/**
 * The whole of a UTF-8 text file of at most `maxBytes`. Reads pipes and devices too, and never more
 * than it may. Throws {@link CommandFailure} naming the file and what is wrong with it.
 */
export function readTextFile(path: string, maxBytes: number): string {
  const bytes = readBounded(path, maxBytes);
  if (bytes.length > maxBytes) {
    throw badInput(`${path}: found more than ${maxBytes} bytes; allowed: at most ${maxBytes}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw badInput(`${path}: found bytes that are no UTF-8; allowed: text in UTF-8`);
  }
}

/** The file beside a missing one that was most likely meant, as a hint; empty when none is near. */
function neighbour(path: string): string {
  if (existsSync(path)) return '';
  try {
    const names = readdirSync(dirname(path)).slice(0, maxNeighbours);
    const meant = closest(basename(path), names);
    return meant === null ? '' : `; did you mean ${join(dirname(path), meant)}?`;
  } catch {
    return ''; // no such directory either
  }
}

/** At most one byte more than allowed, which is how the caller sees that there was more. */
function readBounded(path: string, maxBytes: number): Uint8Array {
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  try {
    const file = openSync(path, 'r');
    try {
      if (fstatSync(file).isDirectory()) throw new Error('EISDIR: it is a directory');
      for (let read = -1; read !== 0 && length < buffer.length; length += read) {
        read = readSync(file, buffer, length, buffer.length - length, null);
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const hint = neighbour(path);
    throw badInput(`${path}: cannot be read (${reasonOf(error)}${hint}); allowed: a readable file`);
  }
  return buffer.subarray(0, length);
}
