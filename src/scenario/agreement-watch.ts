import type { Digest } from '../base/digest.ts';
import type { Violation } from './result.ts';
import type { RunEvent } from './trace.ts';

interface First {
  readonly replica: number;
  readonly digest: Digest;
}

/**
 * Compares what correct replicas say they decided and what executing it led to, sequence by
 * sequence. The same watch over both worlds; the simulator's checkers judge by more than this.
 */
export class AgreementWatch {
  private readonly decided = new Map<number, First>();
  private readonly executed = new Map<number, First>();

  /** The violation that `event` of a correct replica completes, or null. */
  see(event: RunEvent): Violation | null {
    if (event.type === 'decided') {
      const { batchDigest, timestamp, replica, sequence, atMs } = event;
      const digest = `batch ${batchDigest} at ${timestamp}`;
      return compare(this.decided, 'agreement', { replica, digest }, sequence, atMs);
    }
    if (event.type === 'executed') {
      const { resultsRoot, stateDigest, replica, sequence, atMs } = event;
      const digest = `results ${resultsRoot}, state ${stateDigest}`;
      return compare(this.executed, 'execution', { replica, digest }, sequence, atMs);
    }
    return null;
  }
}

function compare(
  known: Map<number, First>,
  checker: string,
  now: First,
  sequence: number,
  atMs: number,
): Violation | null {
  const first = known.get(sequence);
  if (first === undefined) known.set(sequence, now);
  if (first === undefined || first.digest === now.digest) return null;
  const detail =
    `replica ${first.replica} has ${first.digest}, ` + `replica ${now.replica} has ${now.digest}`;
  return { checker, sequence, replicas: [first.replica, now.replica], atMs, detail };
}
