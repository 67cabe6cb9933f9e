import type { Checker, FinalState, Finding } from './checker.ts';

/**
 * Retransmission and state transfer (thesis §5.2, §5.3) do their work: after the last request, in a
 * whole network, a correct replica that is up comes to where the others are, or where they were a
 * settling time ago while somebody keeps them busy.
 */
export class CatchUpChecker implements Checker {
  readonly name = 'catchUp';
  private healthy = true;

  onCircumstances({ healthy }: { readonly healthy: boolean }): void {
    this.healthy = healthy;
  }

  onEnd(states: readonly FinalState[], expected: number | null): Finding | null {
    if (!this.healthy || expected === null) return null;
    const behind = states.filter(({ executed }) => executed < expected);
    if (behind.length === 0) return null;
    const where = behind.map(({ replica, executed }) => `replica ${replica} at ${executed}`);
    return {
      sequence: null,
      replicas: behind.map(({ replica }) => replica),
      detail: `the others have long been at ${expected}, but ${where.join(', ')}`,
    };
  }
}
