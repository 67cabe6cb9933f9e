/**
 * Where measurements go. A registry names each metric once, with its help; whoever measures holds
 * the metric itself. Names follow Prometheus: base units in the name, `_total` on counters.
 */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** `by`: 1 unless told, never negative. */
  inc(labels?: Labels, by?: number): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** Says one value of a metric that is read when somebody looks. */
export type Tell = (value: number, labels?: Labels) => void;

export interface Naming {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

export interface MetricsRegistry {
  counter(naming: Naming): Counter;
  histogram(naming: Naming & { readonly buckets: readonly number[] }): Histogram;
  /** A value that goes up and down, read by `read` whenever the metrics are collected. */
  gauge(naming: Naming, read: (tell: Tell) => void): void;
  /** A count that somebody else keeps and that only grows. */
  total(naming: Naming, read: (tell: Tell) => void): void;
  /** All of it in the text format of Prometheus, and its media type. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Upper bounds in seconds for what takes from under a millisecond to the longest deadline. */
export const durationBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
