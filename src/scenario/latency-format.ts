import type { Latency } from '../runtime/latency.ts';
import {
  type Format,
  mapping,
  oneOf,
  optional,
  plainOrMapping,
  refine,
  required,
} from './format.ts';
import { duration } from './quantity.ts';

/** One duration, or the least and the most, and how delays lie between them. */
export const latency: Format<Latency> = refine(
  plainOrMapping(
    duration,
    mapping('a mapping', {
      min: required(duration, 'Fastest delivery.'),
      max: required(duration, 'Slowest delivery.'),
      spread: optional(
        oneOf(['even', 'longTail']),
        'even',
        'even',
        'longTail: half of all in the first sixteenth, a tenth in the last third.',
      ),
    }),
  ),
  (value, at): Latency | undefined => {
    if (typeof value === 'number') return { minMs: value, maxMs: value };
    const { min, max, spread } = value;
    const tail = spread === 'longTail' ? ({ longTail: true } as const) : {};
    if (min <= max) return { minMs: min, maxMs: max, ...tail };
    at.document.complain(at, 'min no longer than max');
    return undefined;
  },
);
