import type { Checker, FinalState, Finding } from './checker.ts';

/**
 * Retransmission and state transfer (thesis §5.2, §5.3) do their work: a correct replica that is
 * up, in a whole network, long after the last request, is where the others are.
 */
export class CatchUpChecker implements Checker {
  readonly name = 'catchUp';
  /** Batches that may be under way while others keep the cluster busy. */
  private readonly pipelineDepth: number;
  private healthy = true;

  constructor(pipelineDepth: number) {
    this.pipelineDepth = pipelineDepth;
  }

  onCircumstances({ healthy }: { readonly healthy: boolean }): void {
    this.healthy = healthy;
  }

  onEnd(states: readonly FinalState[], waitedInVain: boolean): Finding | null {
    if (!this.healthy || !waitedInVain) return null;
    const newest = Math.max(...states.map(({ executed }) => executed));
    const behind = states.filter(({ executed }) => executed < newest - this.pipelineDepth);
    if (behind.length === 0) return null;
    const where = behind.map(({ replica, executed }) => `replica ${replica} at ${executed}`);
    return {
      sequence: null,
      replicas: behind.map(({ replica }) => replica),
      detail: `the others stand at ${newest}, but ${where.join(', ')}`,
    };
  }
}
