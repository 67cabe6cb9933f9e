import type { Evidence } from '../../pbft/evidence.ts';
import type { ReplicaIndex } from '../../pbft/messages.ts';
import type { Cast, Checker, Finding } from './checker.ts';

/**
 * Nobody is accused wrongly: evidence that a correct replica holds never names a correct one, and
 * no committed decision isolates one.
 */
export class AccusationChecker implements Checker {
  readonly name = 'accusation';
  private readonly cast: Cast;

  constructor(cast: Cast) {
    this.cast = cast;
  }

  onAccused(replica: ReplicaIndex, evidence: Evidence): Finding | null {
    if (this.cast.adversaries.has(evidence.accused)) return null;
    return {
      sequence: null,
      replicas: [evidence.accused],
      detail: `replica ${replica} accuses ${evidence.accused}, which is correct: ${evidence.type}`,
    };
  }

  onIsolated(replica: ReplicaIndex, isolated: readonly ReplicaIndex[]): Finding | null {
    const wrongly = isolated.filter((index) => !this.cast.adversaries.has(index));
    if (wrongly.length === 0) return null;
    const detail = `the state of replica ${replica} isolates ${wrongly.join(', ')}, all correct`;
    return { sequence: null, replicas: wrongly, detail };
  }
}
