import { DaemonRefusal, type DaemonRefusalCode } from '../daemon/refusal.ts';
import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import { CommandFailure } from './failure.ts';

const codes: Readonly<Record<DaemonRefusalCode, ExitCode>> = {
  badInput: exitCodes.badInput,
  mismatch: exitCodes.usage,
  locked: exitCodes.usage,
  unavailable: exitCodes.crashed,
};

/** A refusal of the daemon as the command line says it; anything else as it is. */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof DaemonRefusal)) return error;
  return new CommandFailure(codes[error.code], error.message);
}
