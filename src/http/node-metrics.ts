import type { NodeStatus } from '../node/status.ts';
import { usefulMembers } from '../node/status.ts';
import type { EventLoopWatch } from '../runtime/event-loop-watch.ts';
import { durationBuckets, type MetricsRegistry } from '../runtime/metrics.ts';
import type { Clock } from '../runtime/ports.ts';
import type { ServiceObserver } from '../validation/service.ts';
import type { Unavailable } from '../validation/service-types.ts';
import type { ValidationResultJson } from '../validation/wire/validation-result.ts';
import type { Answered, Traffic } from './base-server.ts';
import { Latencies, type NodeMetricsJson, Rate } from './node-statistics.ts';

/** Depths that are asked for when somebody looks. */
export interface Depths {
  readonly inFlight: number;
  readonly queued: number;
  readonly kept: number;
  readonly operations: number;
  readonly journalWrites: number;
}

export interface NodeMetricsOptions {
  readonly registry: MetricsRegistry;
  readonly status: () => NodeStatus;
  readonly eventLoop: EventLoopWatch;
  /** Never set back. */
  readonly clock: Clock;
}

/** `suspected`: every standing has its line, also while nobody has it. */
const standings = ['trusted', 'suspected', 'isolated', 'recovering'] as const;
const evidenceKinds = [
  'conflictingPrePrepare',
  'conflictingPrepare',
  'conflictingCommit',
  'conflictingResult',
  'divergentResult',
  'outOfTurn',
  'invalidViewChange',
  'invalidNewView',
] as const;

/** Everything a node measures, under the names that dashboards know. Counts, never judges. */
export class NodeMetrics implements ServiceObserver {
  private readonly options: NodeMetricsOptions;
  private readonly latencies = new Latencies();
  private readonly syncs = new Latencies();
  private readonly rate = new Rate();
  private readonly byStatus: Record<string, number> = {};
  private readonly byProof: Record<string, number> = {};
  private readonly byReason: Partial<Record<Unavailable, number>> = {};
  private readonly metrics: ReturnType<typeof makeMetrics>;
  private conflicts = 0;
  private throttled = 0;
  private depths: () => Depths = () => noDepths;
  private traffic: Traffic = { requests: 0, draining: false };

  constructor(options: NodeMetricsOptions) {
    this.options = options;
    this.metrics = makeMetrics(options.registry);
    describeNode(options.registry, options.status);
    describeProcess(
      options.registry,
      options.eventLoop,
      () => this.depths(),
      () => this.traffic,
    );
  }

  /** Where depths are read once everything is there. */
  attach(depths: () => Depths, traffic: Traffic): void {
    this.depths = depths;
    this.traffic = traffic;
  }

  onAnswered(result: ValidationResultJson): void {
    const { status, failed_proofs: failed = [], metrics, details } = result;
    this.byStatus[status] = (this.byStatus[status] ?? 0) + 1;
    this.metrics.validations.inc({ status });
    for (const proof of failed) {
      this.byProof[proof] = (this.byProof[proof] ?? 0) + 1;
      this.metrics.failures.inc({ proof });
    }
    const nowMs = this.options.clock.nowMs();
    this.rate.add(nowMs);
    this.latencies.add(metrics.validation_time_us / 1000);
    const { consensus_latency_ms: consensusMs, queue_wait_ms: waitMs } = details.performance_stats;
    this.metrics.consensus.observe(consensusMs / 1000);
    this.metrics.queueWait.observe(waitMs / 1000);
  }

  onUnavailable(reason: Unavailable): void {
    this.byReason[reason] = (this.byReason[reason] ?? 0) + 1;
    this.metrics.unavailable.inc({ reason });
  }

  onConflict(): void {
    this.conflicts += 1;
    this.metrics.conflicts.inc();
  }

  onThrottled(): void {
    this.throttled += 1;
    this.metrics.throttled.inc();
  }

  onHttp({ method, route, status, tookMs }: Answered): void {
    this.metrics.http.inc({ method, route, code: String(status) });
    this.metrics.httpDuration.observe(tookMs / 1000, { route });
  }

  /** For the journal of the replica (`TimedJournal`). */
  onJournalWrite(tookMs: number): void {
    this.syncs.add(tookMs);
    this.metrics.sync.observe(tookMs / 1000);
  }

  get prometheus(): MetricsRegistry {
    return this.options.registry;
  }

  get json(): NodeMetricsJson {
    const status = this.options.status();
    const { counts } = status;
    const depths = this.depths();
    const { p50Seconds, p99Seconds, maxSeconds } = this.options.eventLoop.lag;
    const { rss, heapUsed } = process.memoryUsage();
    const of = (name: string) => this.byStatus[name] ?? 0;
    return {
      uptime_ms: status.uptimeMs,
      validations: {
        valid: of('valid'),
        invalid: of('invalid'),
        pending: depths.inFlight + depths.queued,
        timeout: of('timeout'),
        byzantine_detected: of('byzantine_detected'),
        error: of('error'),
      },
      proof_failures: { ...this.byProof },
      latency_ms: this.latencies.summary,
      throughput_per_second: this.rate.perSecond(this.options.clock.nowMs()),
      unavailable: { ...this.byReason },
      conflicts: this.conflicts,
      throttled: this.throttled,
      http_requests: this.traffic.requests,
      in_flight: depths.inFlight,
      queued: depths.queued,
      kept_answers: depths.kept,
      view: status.view,
      view_changes: counts.viewChanges,
      sequence: status.sequence,
      stable_checkpoint: status.stableCheckpoint,
      watermark_lag: status.sequence - status.stableCheckpoint,
      epoch: status.epoch,
      peers: peersByStanding(status),
      reachable: usefulMembers(status),
      evidence: { ...counts.evidence },
      strikes: counts.strikes,
      refused_frames: counts.refusedFrames,
      executed_batches: counts.executedBatches,
      executed_operations: counts.executedOperations,
      replica_pending: status.pendingRequests,
      static_checks: status.staticChecks,
      work_difficulty_bits: status.computeBits,
      journal_sync_ms: this.syncs.summary,
      event_loop_lag_ms: {
        p50: p50Seconds * 1000,
        p99: p99Seconds * 1000,
        max: maxSeconds * 1000,
      },
      memory_bytes: { resident: rss, heap_used: heapUsed },
    };
  }
}

const noDepths: Depths = { inFlight: 0, queued: 0, kept: 0, operations: 0, journalWrites: 0 };

function peersByStanding({ members }: NodeStatus): Record<string, number> {
  return Object.fromEntries(
    standings.map((one) => [one, members.filter(({ standing }) => standing === one).length]),
  );
}

function makeMetrics(registry: MetricsRegistry) {
  const seconds = { buckets: durationBuckets };
  return {
    validations: registry.counter({
      name: 'hypermesh_validations_total',
      help: 'Answers to validation requests by status.',
      labels: ['status'],
    }),
    failures: registry.counter({
      name: 'hypermesh_proof_failures_total',
      help: 'Refused requests by the proofs that failed.',
      labels: ['proof'],
    }),
    consensus: registry.histogram({
      name: 'hypermesh_consensus_duration_seconds',
      help: 'From handing an operation to the replicas to the certificate of a quorum.',
      ...seconds,
    }),
    queueWait: registry.histogram({
      name: 'hypermesh_queue_wait_seconds',
      help: 'From the arrival of a body to handing its operation to the replicas.',
      ...seconds,
    }),
    unavailable: registry.counter({
      name: 'hypermesh_unavailable_total',
      help: 'Bodies that got no answer, by reason.',
      labels: ['reason'],
    }),
    conflicts: registry.counter({
      name: 'hypermesh_conflicts_total',
      help: 'Bodies under a request id that has the decision of another body.',
    }),
    throttled: registry.counter({
      name: 'hypermesh_throttled_total',
      help: 'Requests of clients that asked too often.',
    }),
    http: registry.counter({
      name: 'hypermesh_http_requests_total',
      help: 'Answered HTTP requests.',
      labels: ['method', 'route', 'code'],
    }),
    httpDuration: registry.histogram({
      name: 'hypermesh_http_request_duration_seconds',
      help: 'From the first byte of an HTTP request to the last of its answer.',
      labels: ['route'],
      ...seconds,
    }),
    sync: registry.histogram({
      name: 'hypermesh_journal_sync_seconds',
      help: "A write of the replica's journal, until the disk has it.",
      ...seconds,
    }),
  };
}

/** What is read off the node when somebody looks: name, help, and the number. */
function describeNode(registry: MetricsRegistry, status: () => NodeStatus): void {
  const gauges: readonly [string, string, (status: NodeStatus) => number][] = [
    ['hypermesh_view', 'View of the replica.', (s) => s.view],
    ['hypermesh_view_active', '0 while the view changes.', (s) => (s.active ? 1 : 0)],
    ['hypermesh_sequence', 'Last sequence executed.', (s) => s.sequence],
    [
      'hypermesh_stable_checkpoint',
      'Sequence of the stable checkpoint.',
      (s) => s.stableCheckpoint,
    ],
    [
      'hypermesh_watermark_lag',
      'Sequences between the stable checkpoint and the last one executed.',
      (s) => s.sequence - s.stableCheckpoint,
    ],
    ['hypermesh_log_window', 'Sequences between the watermarks.', (s) => s.logWindow],
    ['hypermesh_membership_epoch', 'Membership epoch.', (s) => s.epoch],
    ['hypermesh_validators', 'Voting replicas.', (s) => s.n],
    ['hypermesh_quorum', 'Votes that decide.', (s) => s.quorum],
    [
      'hypermesh_reachable_validators',
      'Members that can be reached and do not lie.',
      usefulMembers,
    ],
    ['hypermesh_work_difficulty', 'Bits of work asked of requests now.', (s) => s.computeBits],
    ['hypermesh_beacon_epoch', 'Epoch of the beacon.', (s) => s.beaconEpoch],
  ];
  for (const [name, help, read] of gauges) {
    registry.gauge({ name, help }, (tell) => tell(read(status())));
  }
  const totals: readonly [string, string, (status: NodeStatus) => number][] = [
    ['hypermesh_view_changes_total', 'Views this replica left.', (s) => s.counts.viewChanges],
    [
      'hypermesh_strikes_total',
      'Bytes of peers that no correct replica sends.',
      (s) => s.counts.strikes,
    ],
    ['hypermesh_refused_frames_total', 'Frames refused unread.', (s) => s.counts.refusedFrames],
    ['hypermesh_executed_batches_total', 'Batches executed.', (s) => s.counts.executedBatches],
    [
      'hypermesh_executed_operations_total',
      'Operations executed.',
      (s) => s.counts.executedOperations,
    ],
    ['hypermesh_static_check_hits_total', 'Checks found done.', (s) => s.staticChecks.hits],
    [
      'hypermesh_static_check_misses_total',
      'Checks made at execution.',
      (s) => s.staticChecks.misses,
    ],
  ];
  for (const [name, help, read] of totals) {
    registry.total({ name, help }, (tell) => tell(read(status())));
  }
  registry.gauge(
    { name: 'hypermesh_peers', help: 'Members of the epoch by standing.', labels: ['standing'] },
    (tell) => {
      for (const [standing, number] of Object.entries(peersByStanding(status()))) {
        tell(number, { standing });
      }
    },
  );
  registry.total(
    { name: 'hypermesh_evidence_total', help: 'Evidence found by this node.', labels: ['kind'] },
    (tell) => {
      for (const kind of evidenceKinds) tell(status().counts.evidence[kind] ?? 0, { kind });
    },
  );
}

function describeProcess(
  registry: MetricsRegistry,
  eventLoop: EventLoopWatch,
  depths: () => Depths,
  traffic: () => Traffic,
): void {
  registry.gauge(
    { name: 'hypermesh_queue_depth', help: 'What waits, and where.', labels: ['queue'] },
    (tell) => {
      const { inFlight, queued, operations, journalWrites } = depths();
      tell(traffic().requests, { queue: 'http' });
      tell(queued, { queue: 'validation' });
      tell(inFlight, { queue: 'consensus' });
      tell(operations, { queue: 'operations' });
      tell(journalWrites, { queue: 'journal' });
    },
  );
  registry.gauge({ name: 'hypermesh_kept_answers', help: 'Answers kept on disk.' }, (tell) =>
    tell(depths().kept),
  );
  registry.gauge(
    {
      name: 'hypermesh_event_loop_lag_seconds',
      help: 'How late the event loop was in the last ten seconds.',
      labels: ['stat'],
    },
    (tell) => {
      const { p50Seconds, p99Seconds, maxSeconds } = eventLoop.lag;
      tell(p50Seconds, { stat: 'p50' });
      tell(p99Seconds, { stat: 'p99' });
      tell(maxSeconds, { stat: 'max' });
    },
  );
  registry.gauge(
    { name: 'process_resident_memory_bytes', help: 'Resident memory size in bytes.' },
    (tell) => tell(process.memoryUsage.rss()),
  );
  registry.total(
    { name: 'process_cpu_seconds_total', help: 'User and system CPU time spent in seconds.' },
    (tell) => {
      const { user, system } = process.cpuUsage();
      tell((user + system) / 1e6);
    },
  );
  registry.gauge(
    { name: 'process_start_time_seconds', help: 'Start of the process since the epoch.' },
    (tell) => tell(Date.now() / 1000 - process.uptime()),
  );
}
