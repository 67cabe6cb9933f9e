import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';

/** A command cannot go on, and it is the caller who can help: shown without a stack trace. */
export class CommandFailure extends Error {
  override name = 'CommandFailure';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What the operating system says of a file, in its words: `ENOENT: no such file or directory`. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/, \w+( '[^']*')?( -> '[^']*')?$/, '');
}

export function badInput(message: string): CommandFailure {
  return new CommandFailure(exitCodes.badInput, message);
}

export function wrongUsage(message: string): CommandFailure {
  return new CommandFailure(exitCodes.usage, message);
}
