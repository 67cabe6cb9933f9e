import type { LiveEvent } from '../../../daemon/live.ts';

/** How far back the charts look. */
export const historyMs = 120_000;
/** One bar of the throughput chart. */
const stepMs = 2_000;

export interface Answered {
  readonly atMs: number;
  readonly latencyMs: number;
  readonly refused: boolean;
}

/** What the charts are drawn from: answers and trouble of the last two minutes. */
export class History {
  private answers: Answered[] = [];
  private trouble: number[] = [];

  add({ kind, atMs, latencyMs }: LiveEvent): void {
    if (kind === 'issued' || kind === 'refused') {
      if (latencyMs !== null) this.answers.push({ atMs, latencyMs, refused: kind === 'refused' });
    } else if (kind !== 'healed' && kind !== 'revoked') {
      this.trouble.push(atMs);
    }
  }

  /** Forgets what is older than the charts show, and says what is left. */
  until(nowMs: number): {
    readonly answers: readonly Answered[];
    readonly trouble: readonly number[];
  } {
    const from = nowMs - historyMs;
    this.answers = this.answers.filter(({ atMs }) => atMs >= from);
    this.trouble = this.trouble.filter((atMs) => atMs >= from);
    return { answers: this.answers, trouble: this.trouble };
  }
}

/** Answers per second, in steps that stand still while time goes on. Oldest first. */
export function ratesOf(
  answers: readonly Answered[],
  nowMs: number,
): readonly { readonly fromMs: number; readonly perSecond: number }[] {
  const last = Math.floor(nowMs / stepMs) * stepMs;
  const first = last - historyMs;
  const counts = new Map<number, number>();
  for (const { atMs } of answers) {
    const step = Math.floor(atMs / stepMs) * stepMs;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  const rates = [];
  // The step that is not over yet would always look like a drop.
  for (let fromMs = first; fromMs < last; fromMs += stepMs) {
    rates.push({ fromMs, perSecond: ((counts.get(fromMs) ?? 0) * 1000) / stepMs });
  }
  return rates;
}

/** The next number of 1, 2, 5, 10, … from `value` on: where an axis ends. */
export function axisEnd(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((step) => step * power >= value) ?? 10) * power;
}
