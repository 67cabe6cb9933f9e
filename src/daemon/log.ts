import { type Logger, pino } from 'pino';
import type { LogConfig } from './log-config.ts';

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
