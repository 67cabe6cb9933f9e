import type { Random } from '../base/random.ts';

/** How long frames are on their way over one link, in one direction. */
export interface Latency {
  readonly minMs: number;
  readonly maxMs: number;
  /**
   * Absent: drawn evenly. Else most are quick and some are not: the median lies a sixteenth of the
   * way up, a tenth of all frames in the last third. Bounded as before, so that what follows from
   * the longest delay still does.
   */
  readonly longTail?: true;
}

export function drawLatencyMs({ minMs, maxMs, longTail }: Latency, random: Random): number {
  if (maxMs <= minMs) return minMs;
  const share = random.next();
  return minMs + (longTail === true ? share ** 4 : share) * (maxMs - minMs);
}
