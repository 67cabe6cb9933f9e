import {
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';
import type { Counter, Histogram, MetricsRegistry, Naming, Tell } from './metrics.ts';

/** {@link MetricsRegistry} by prom-client. One per process: names are global in what it shows. */
export class PrometheusRegistry implements MetricsRegistry {
  private readonly registry = new Registry();

  get contentType(): string {
    return this.registry.contentType;
  }

  counter(naming: Naming): Counter {
    const counter = new PromCounter(this.configuration(naming));
    return {
      inc: (labels, by = 1) => (labels === undefined ? counter.inc(by) : counter.inc(labels, by)),
    };
  }

  histogram(naming: Naming & { readonly buckets: readonly number[] }): Histogram {
    const buckets = [...naming.buckets];
    const histogram = new PromHistogram({ ...this.configuration(naming), buckets });
    return {
      observe: (value, labels) =>
        labels === undefined ? histogram.observe(value) : histogram.observe(labels, value),
    };
  }

  gauge(naming: Naming, read: (tell: Tell) => void): void {
    const gauge = new PromGauge({
      ...this.configuration(naming),
      collect() {
        // Whoever is gone (a peer, a label) leaves no old value behind.
        this.reset();
        read((value, labels) => (labels === undefined ? this.set(value) : this.set(labels, value)));
      },
    });
    gauge.reset();
  }

  total(naming: Naming, read: (tell: Tell) => void): void {
    const counter = new PromCounter({
      ...this.configuration(naming),
      collect() {
        this.reset();
        read((value, labels) => (labels === undefined ? this.inc(value) : this.inc(labels, value)));
      },
    });
    counter.reset();
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  private configuration({ name, help, labels = [] }: Naming) {
    return { name, help, labelNames: [...labels], registers: [this.registry] };
  }
}
