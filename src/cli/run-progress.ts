import type { Progress } from '../scenario/run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { ProgressLine } from './progress-line.ts';

/** Shows how far the scenarios of one command are. */
export class RunProgress {
  private readonly line: ProgressLine;
  private readonly all: number;
  private before = 0;

  constructor(line: ProgressLine, all: number) {
    this.line = line;
    this.all = all;
  }

  show(scenario: Scenario, progress: Progress | null): void {
    const { before, all } = this;
    const label = all > 1 ? `${before + 1}/${all} ${scenario.name}` : scenario.name;
    if (progress === null) return this.line.draw(`${label}  starting`);
    const { answered, requests } = progress;
    const share = (before + shareOf(scenario, progress)) / all;
    this.line.show({ label, share, done: answered, total: requests, unit: 'answered' });
  }

  /** The scenario shown last is over. */
  next(): void {
    this.line.clear();
    this.before++;
  }
}

/**
 * How much of a run is over, from 0 to 1: it ends when all is answered and the timeline is played,
 * and at its duration at the latest.
 */
export function shareOf(
  { timeline, durationMs }: Pick<Scenario, 'timeline' | 'durationMs'>,
  { answered, requests, atMs }: Progress,
): number {
  const lastMs = Math.max(0, ...timeline.map((event) => event.atMs));
  const worked = requests === 0 ? 1 : answered / requests;
  const played = lastMs === 0 ? 1 : atMs / lastMs;
  return Math.min(1, Math.max(atMs / durationMs, Math.min(worked, played)));
}
