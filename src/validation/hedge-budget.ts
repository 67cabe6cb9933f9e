import { maxSavedHedges, questionsPerHedge } from './limits.ts';

/**
 * How often a second endpoint may be asked while the first still has time. One slow node is worth
 * that; a slow cluster is not, where each question would end up at every node and make all slower.
 * So questions earn hedges, a few for each ten, and a handful can be saved up.
 */
export class HedgeBudget {
  /** In questions, each of which is a part of a hedge. */
  private saved = maxSavedHedges * questionsPerHedge;

  /** For every question that is asked. */
  earn(): void {
    this.saved = Math.min(maxSavedHedges * questionsPerHedge, this.saved + 1);
  }

  /** True when one may be spent, which it then is. */
  spend(): boolean {
    if (this.saved < questionsPerHedge) return false;
    this.saved -= questionsPerHedge;
    return true;
  }
}
