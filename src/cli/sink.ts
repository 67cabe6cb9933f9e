import { closeSync, openSync, writeSync } from 'node:fs';
import { reasonOf, wrongUsage } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** A place results are written to: a file, or stdout for `-`. */
export interface Sink {
  write(text: string): void;
  close(): void;
}

/**
 * Opens the file `option` names, emptying it, before anything runs: a path that cannot be written
 * is said at once. Throws {@link CommandFailure}.
 */
export function openSink(option: string, path: string, terminal: Terminal): Sink {
  if (path === '-') return { write: terminal.out, close: () => undefined };
  const file = attempt(option, path, () => openSync(path, 'w'));
  return {
    write: (text) => attempt(option, path, () => writeWhole(file, text)),
    close: () => closeSync(file),
  };
}

function attempt<T>(option: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw wrongUsage(`${option} ${path}: cannot be written (${reasonOf(error)})`);
  }
}

/** A pipe may take less than all of it at once. */
function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
}
