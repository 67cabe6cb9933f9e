import type { PackedRun } from './packed.ts';

/** The messages of a run, ready to be looked at a hundred thousand at a time. */
export interface Messages {
  readonly count: number;
  readonly atUs: Float64Array;
  /** When it arrived; for a lost one NaN. */
  readonly arrivedUs: Float64Array;
  readonly from: Uint16Array;
  readonly to: Uint16Array;
  readonly kind: Uint8Array;
  readonly sizeBytes: Uint32Array;
  readonly fields: Uint32Array;
}

export function unpackMessages({ messages }: PackedRun): Messages {
  const count = messages.afterUs.length;
  const atUs = new Float64Array(count);
  const arrivedUs = new Float64Array(count);
  let nowUs = 0;
  for (let i = 0; i < count; i++) {
    nowUs += messages.afterUs[i]!;
    atUs[i] = nowUs;
    const flightUs = messages.flightUs[i]!;
    arrivedUs[i] = flightUs < 0 ? Number.NaN : nowUs + flightUs;
  }
  return {
    count,
    atUs,
    arrivedUs,
    from: Uint16Array.from(messages.from),
    to: Uint16Array.from(messages.to),
    kind: Uint8Array.from(messages.kind),
    sizeBytes: Uint32Array.from(messages.sizeBytes),
    fields: Uint32Array.from(messages.fields),
  };
}

/** Name and value of everything the message says. */
export function fieldsOf(run: PackedRun, fields: number): readonly [string, string | number][] {
  const [names = 0, ...values] = run.fieldSets[fields] ?? [];
  const known = run.fieldNames[Number(names)] ?? [];
  return values.map((value, i) => [known[i] ?? '', value]);
}
