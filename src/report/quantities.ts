/** Milliseconds for people: `0.4 ms`, `12 ms`, `3.2 s`, `2 min 5 s`. */
export function showMs(ms: number): string {
  if (ms < 10) return `${round(ms, 1)} ms`;
  if (ms < 1000) return `${round(ms, 0)} ms`;
  if (ms < 120_000) return `${round(ms / 1000, 1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes for people, in powers of 1024. */
export function showBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < sizes.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${round(value, unit === 0 ? 0 : 1)} ${sizes[unit]}`;
}

/** `1,234` */
export function showCount(count: number): string {
  return count.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${showCount(count)} ${count === 1 ? one : many}`;
}

/** `replica 0`, `replicas 1 and 2`, `replicas 1, 2 and 3`; `no replica`. */
export function showReplicas(indices: readonly number[]): string {
  if (indices.length === 0) return 'no replica';
  if (indices.length === 1) return `replica ${indices[0]}`;
  return `replicas ${indices.slice(0, -1).join(', ')} and ${indices.at(-1)}`;
}

function round(value: number, digits: number): string {
  return String(Math.round(value * 10 ** digits) / 10 ** digits);
}
