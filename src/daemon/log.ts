import { renameSync, statSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { LogConfig } from './log-config.ts';

/** A log file that has grown so large makes room: the one before it is overwritten. */
const maxLogBytes = 32 * 1024 * 1024;
const lookIntervalMs = 60_000;

/**
 * Structured log of a process, a JSON object per line: `time` in ISO 8601, `level` as a word, and
 * `process` says who speaks. A log that cannot be written any more (a full disk) is lost in
 * silence: the process it tells of goes on.
 */
export function openLog(name: string, { level, file }: LogConfig): Logger {
  const destination = pino.destination({
    dest: file ?? process.stderr.fd,
    append: true,
    sync: file === null, // what is said last before an end must be seen
    mkdir: false,
  });
  destination.on('error', () => undefined);
  if (file !== null) setInterval(() => turnOver(file, destination), lookIntervalMs).unref();
  return pino(
    {
      level,
      base: { process: name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

function turnOver(file: string, destination: { reopen(): void }): void {
  try {
    if (statSync(file).size < maxLogBytes) return;
    renameSync(file, `${file}.1`);
    destination.reopen();
  } catch {
    // Somebody else moved it, or the disk is full: the log matters less than what it tells of.
  }
}
