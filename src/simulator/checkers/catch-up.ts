import type { Checker, FinalState, Finding } from './checker.ts';

/**
 * Retransmission and state transfer (thesis §5.2, §5.3) do their work: a correct replica that is
 * up, in a whole network, long after the last request, is where the others are.
 */
export class CatchUpChecker implements Checker {
  readonly name = 'catchUp';
  private healthy = true;

  onCircumstances({ healthy }: { readonly healthy: boolean }): void {
    this.healthy = healthy;
  }

  onEnd(states: readonly FinalState[], allowedLag: number | null): Finding | null {
    if (!this.healthy || allowedLag === null) return null;
    const newest = Math.max(...states.map(({ executed }) => executed));
    const behind = states.filter(({ executed }) => executed < newest - allowedLag);
    if (behind.length === 0) return null;
    const where = behind.map(({ replica, executed }) => `replica ${replica} at ${executed}`);
    return {
      sequence: null,
      replicas: behind.map(({ replica }) => replica),
      detail: `the others stand at ${newest}, but ${where.join(', ')}`,
    };
  }
}
