import { formatComparison, formatDuration, holds } from './quantity.ts';
import type { Percentiles } from './result.ts';
import { type ExpectationResult, type Outcome, type Refusal, refusals } from './result.ts';
import type { Comparison, Expectations } from './scenario.ts';

/** What a run came to, as far as expectations can name it. */
export interface Measured {
  /** Before expectations are looked at: never `failed`. */
  readonly outcome: Exclude<Outcome, 'failed'>;
  readonly issued: number;
  readonly rejected: Readonly<Record<Refusal | 'total', number>>;
  readonly viewChanges: number;
  readonly accused: readonly number[];
  readonly isolated: readonly number[];
  readonly recovered: readonly number[];
  readonly throttled: readonly number[];
  readonly latencyMs: Percentiles;
}

/** Each thing `expect` names beside what it came to; the outcome is always among them. */
export function judge(expect: Expectations, measured: Measured): readonly ExpectationResult[] {
  return [
    same('outcome', expect.outcome, measured.outcome),
    ...counted('issued', expect.issued, measured.issued),
    ...judgeRejected(expect, measured),
    ...listed('isolated', expect.isolated, measured.isolated),
    ...listed('accused', expect.accused, measured.accused),
    ...counted('viewChanges', expect.viewChanges, measured.viewChanges),
    ...listed('recovered', expect.recovered, measured.recovered),
    ...listed('throttled', expect.throttled ?? null, measured.throttled),
    ...judgeLatency(expect, measured),
  ];
}

function judgeRejected(
  { rejected }: Expectations,
  measured: Measured,
): readonly ExpectationResult[] {
  if (rejected === null) return [];
  if ('operator' in rejected) return counted('rejected', rejected, measured.rejected.total);
  const byKind: Partial<Record<Refusal, Comparison>> = rejected;
  return refusals.flatMap((kind) =>
    counted(`rejected.${kind}`, byKind[kind] ?? null, measured.rejected[kind]),
  );
}

/** Where nothing was answered there is no latency, and no limit on it holds. */
function judgeLatency({ latency }: Expectations, { latencyMs, issued, rejected }: Measured) {
  if (latency === null) return [];
  return (['p50', 'p90', 'p99', 'max'] as const).flatMap((percentile) => {
    const limit = latency[percentile];
    if (limit === undefined) return [];
    const actual = latencyMs[percentile];
    const expected = formatComparison(limit, formatDuration);
    const name = `latency.${percentile}`;
    if (issued + rejected.total === 0) return [{ name, expected, actual: 'none', held: false }];
    return [{ name, expected, actual: formatDuration(actual), held: holds(limit, actual) }];
  });
}

function counted(
  name: string,
  expected: Comparison | null,
  actual: number,
): readonly ExpectationResult[] {
  if (expected === null) return [];
  const held = holds(expected, actual);
  return [{ name, expected: formatComparison(expected), actual: String(actual), held }];
}

function listed(
  name: string,
  expected: readonly number[] | null,
  actual: readonly number[],
): readonly ExpectationResult[] {
  return expected === null ? [] : [same(name, formatList(expected), formatList(actual))];
}

function same(name: string, expected: string, actual: string): ExpectationResult {
  return { name, expected, actual, held: expected === actual };
}

function formatList(indices: readonly number[]): string {
  return `[${indices.join(', ')}]`;
}
