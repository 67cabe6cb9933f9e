import { durationBuckets, type MetricsRegistry } from '../runtime/metrics.ts';
import type { DnsAnswered } from '../trustchain/dns/index.ts';
import type { FinalOutcome } from '../trustchain/request-desk.ts';
import type { RevocationReason } from '../trustchain/revocation.ts';
import type { Answered, Traffic } from './base-server.ts';
import type { TrustchainHealth } from './trustchain-parts.ts';

/** Everything TrustChain measures, under the names dashboards know. Counts, never judges. */
export class TrustchainMetrics {
  readonly registry: MetricsRegistry;
  private readonly metrics: ReturnType<typeof makeMetrics>;

  constructor(registry: MetricsRegistry) {
    this.registry = registry;
    this.metrics = makeMetrics(registry);
  }

  /** Where what goes up and down is read when somebody looks. */
  attach(health: () => TrustchainHealth, traffic: Traffic): void {
    const { registry } = this;
    const gauge = (name: string, help: string, read: () => number): void => {
      registry.gauge({ name, help }, (tell) => tell(read()));
    };
    gauge('trustchain_requests_pending', 'Requests without an end yet.', () => health().pending);
    gauge('trustchain_certificates', 'Certificates in the store.', () => health().certificates);
    gauge('trustchain_log_entries', 'Entries of the transparency log.', () => health().logSize);
    gauge('trustchain_enrolled', 'Whether the own node is enrolled: 1 or 0.', () =>
      Number(health().enrolled),
    );
    gauge('trustchain_ready', 'Whether certificates can be issued: 1 or 0.', () =>
      Number(health().status === 'healthy'),
    );
    gauge('trustchain_http_requests_in_progress', 'HTTP requests under way.', () => {
      return traffic.requests;
    });
    registry.gauge(
      {
        name: 'trustchain_quorum_heard_age_seconds',
        help: 'Time since a quorum answered; absent before the first answer.',
      },
      (tell) => {
        const { quorumHeardMs } = health();
        if (quorumHeardMs !== null) tell(quorumHeardMs / 1000);
      },
    );
  }

  onSettled(outcome: FinalOutcome, tookMs: number): void {
    this.metrics.requests.inc({ outcome: outcome.type });
    if (outcome.type === 'issued') this.metrics.issuance.observe(tookMs / 1000);
    if (outcome.type === 'refused') this.metrics.refusals.inc({ code: outcome.refusal.code });
    if (outcome.type !== 'invalid') return;
    for (const proof of new Set(outcome.failures.map((failure) => failure.proof))) {
      this.metrics.failures.inc({ proof });
    }
  }

  onRetry(): void {
    this.metrics.retries.inc();
  }

  onRevoked(reason: RevocationReason): void {
    this.metrics.revocations.inc({ reason });
  }

  onThrottled(): void {
    this.metrics.throttled.inc();
  }

  onFault(kind: string): void {
    this.metrics.faults.inc({ kind });
  }

  onHttp({ method, route, status, tookMs }: Answered): void {
    this.metrics.http.inc({ method, route, code: String(status) });
    this.metrics.httpDuration.observe(tookMs / 1000, { route });
  }

  onDns({ transport, type, rcode, truncated }: DnsAnswered): void {
    this.metrics.dns.inc({ transport, type, rcode });
    if (truncated) this.metrics.dnsTruncated.inc();
  }
}

function makeMetrics(registry: MetricsRegistry) {
  const counter = (name: string, help: string, ...labels: string[]) =>
    registry.counter({ name: `trustchain_${name}_total`, help, labels });
  const seconds = (name: string, help: string, ...labels: string[]) =>
    registry.histogram({
      name: `trustchain_${name}_duration_seconds`,
      help,
      labels,
      buckets: durationBuckets,
    });
  return {
    requests: counter('requests', 'Requests for certificates by their end.', 'outcome'),
    refusals: counter('refusals', 'Requests refused before or without a vote.', 'code'),
    failures: counter('proof_failures', 'Requests a quorum refused, by proof.', 'proof'),
    retries: counter('request_retries', 'Attempts that came to nothing and were made again.'),
    issuance: seconds('issuance', 'From the request to its certificate.'),
    revocations: counter('revocations', 'Certificates revoked.', 'reason'),
    faults: counter('cluster_faults', 'What nodes did instead of answering.', 'kind'),
    throttled: counter('throttled', 'Requests refused because their sender asks too often.'),
    http: counter('http_requests', 'HTTP requests.', 'method', 'route', 'code'),
    httpDuration: seconds('http_request', 'HTTP requests, to the last byte.', 'route'),
    dns: counter('dns_queries', 'DNS queries answered.', 'transport', 'type', 'rcode'),
    dnsTruncated: counter('dns_truncated', 'DNS answers cut off at what fits.'),
  };
}
