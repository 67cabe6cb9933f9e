import { type Format, scalarOf } from './format.ts';
import { maxDurationMs, maxRatePerSecond } from './limits.ts';
import type { Comparison } from './scenario.ts';

/** Long enough for any pace, short beside every timeout. */
const maxShortMs = 1000;
const unitsMs = { ms: 1, s: 1000, m: 60_000 } as const;
const durationPattern = '[0-9]+(\\.[0-9]+)?(ms|s|m)';
const comparisonPattern = '(>=|<=|==?|>|<)? *';

/** Milliseconds of `250ms`, `3s`, `1.5s` or `2m`; undefined for anything else. */
export function parseDurationMs(written: string): number | undefined {
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m)$/.exec(written);
  if (match === null) return undefined;
  const ms = Number(match[1]) * unitsMs[match[2] as keyof typeof unitsMs];
  // Tenths of a microsecond are noise of the binary fraction, as in 0.1s.
  return ms <= maxDurationMs ? Math.round(ms * 10_000) / 10_000 : undefined;
}

/** A duration as a file writes it: the largest unit that keeps it whole. */
export function formatDuration(ms: number): string {
  if (ms !== 0 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms !== 0 && ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

function durationOf(
  allowed: string,
  pattern: string,
  least: number,
  most = maxDurationMs,
): Format<number> {
  return scalarOf(allowed, { type: 'string', pattern }, (value) => {
    if (typeof value !== 'string') return undefined;
    const negative = value.startsWith('-');
    const ms = parseDurationMs(value.replace(/^[+-]/, ''));
    if (ms === undefined || !new RegExp(pattern).test(value)) return undefined;
    const signed = negative ? -ms : ms;
    return signed >= least && signed <= most ? signed : undefined;
  });
}

const example = 'like 250ms, 3s or 2m, at most 24 hours';

/** Zero or longer, in milliseconds. */
export const duration = durationOf(`a duration ${example}`, `^${durationPattern}$`, 0);

/** From zero to a second, in milliseconds. */
export const shortDuration = durationOf(
  'a duration from 0ms to 1s',
  `^${durationPattern}$`,
  0,
  maxShortMs,
);

/** Longer than zero, in milliseconds. */
export const positiveDuration = durationOf(
  `a duration longer than zero, ${example}`,
  `^(?!0+(\\.0+)?[ms])${durationPattern}$`,
  Number.MIN_VALUE,
);

/** How far a clock is off, in milliseconds; negative: behind. */
export const signedDuration = durationOf(
  'a duration like 45s or -45s, at most 24 hours',
  `^[+-]?${durationPattern}$`,
  -maxDurationMs,
);

/** Per second. */
export const rate: Format<number> = scalarOf(
  `a rate like 100/s or 0.5/s, at most ${maxRatePerSecond}/s`,
  { type: 'string', pattern: '^(?!0+(\\.0+)?/)[0-9]+(\\.[0-9]+)?/s$' },
  (value) => {
    const match = typeof value === 'string' ? /^([0-9]+(?:\.[0-9]+)?)\/s$/.exec(value) : null;
    const perSecond = match === null ? 0 : Number(match[1]);
    return perSecond > 0 && perSecond <= maxRatePerSecond ? perSecond : undefined;
  },
);

export const probability: Format<number> = scalarOf(
  'a probability from 0 to 1',
  { type: 'number', minimum: 0, maximum: 1 },
  (value) => (typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined),
);

function comparisonOf(
  allowed: string,
  schema: JsonSchemaOfComparison,
  parseValue: (written: string) => number | undefined,
): Format<Comparison> {
  return scalarOf(allowed, schema, (value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    const match = /^(>=|<=|==?|>|<)? *(.+)$/.exec(String(value));
    const number = match === null ? undefined : parseValue(match[2]!);
    if (number === undefined) return undefined;
    const operator = (match![1] ?? '=').replace('==', '='); // as programmers write it
    return { operator: operator as Comparison['operator'], value: number };
  });
}

type JsonSchemaOfComparison = Readonly<Record<string, unknown>>;

/** `190` or `">= 190"`. */
export const countComparison = comparisonOf(
  'a whole number, or a comparison in quotes like ">= 190" (>=, <=, =, >, <)',
  {
    oneOf: [
      { type: 'integer', minimum: 0, maximum: 999_999_999 },
      { type: 'string', pattern: `^${comparisonPattern}[0-9]{1,9}$` },
    ],
  },
  (written) => (/^[0-9]{1,9}$/.test(written) ? Number(written) : undefined),
);

/** `100ms` or `"<= 100ms"`, in milliseconds. */
export const durationComparison = comparisonOf(
  'a duration, or a comparison in quotes like "<= 100ms" (>=, <=, =, >, <)',
  { type: 'string', pattern: `^${comparisonPattern}${durationPattern}$` },
  parseDurationMs,
);

/** As the contract shows it: `190`, `>= 190`. `unit` formats the number. */
export function formatComparison(
  { operator, value }: Comparison,
  unit: (value: number) => string = String,
): string {
  return operator === '=' ? unit(value) : `${operator} ${unit(value)}`;
}

export function holds({ operator, value }: Comparison, actual: number): boolean {
  switch (operator) {
    case '=':
      return actual === value;
    case '>=':
      return actual >= value;
    case '<=':
      return actual <= value;
    case '>':
      return actual > value;
    case '<':
      return actual < value;
  }
}
