import type { RunResult } from './result.ts';

/** What the command tells its caller (CONTRACT §1). */
export const exitCodes = {
  passed: 0,
  failed: 1,
  stalled: 2,
  diverged: 3,
  crashed: 4,
  usage: 64,
  badInput: 65,
  /** As shells say it: 128 + signal. */
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Zero when every expectation holds, the expected outcome among them. */
export function exitCodeOf({ outcome, expectations }: RunResult): ExitCode {
  if (expectations.every(({ held }) => held)) return exitCodes.passed;
  const unexpected = expectations.some(({ name, held }) => name === 'outcome' && !held);
  if (unexpected && (outcome === 'diverged' || outcome === 'stalled')) return exitCodes[outcome];
  return exitCodes.failed;
}

// A divergence is never hidden behind an interruption, nor an interruption behind what it caused.
const fromWorst: readonly ExitCode[] = [4, 65, 64, 3, 130, 143, 129, 2, 1, 0];

/** The code for several runs together: the worst of them; 0 for none. */
export function worstExitCode(codes: readonly ExitCode[]): ExitCode {
  return fromWorst.find((code) => codes.includes(code)) ?? exitCodes.passed;
}
