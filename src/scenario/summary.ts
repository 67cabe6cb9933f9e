import type { Digest } from '../base/digest.ts';
import { weakQuorum } from '../pbft/quorum.ts';
import { AgreementWatch } from './agreement-watch.ts';
import { noneInvalid } from './defaults.ts';
import { Detections } from './detections.ts';
import { judge } from './expectations.ts';
import {
  type Accusation,
  type HostileResult,
  livenessCheckers,
  type Outcome,
  type Percentiles,
  type Refusal,
  type RequestRecord,
  type RunResult,
  refusals,
  type Violation,
} from './result.ts';
import type { Scenario } from './scenario.ts';
import { Suspicions } from './suspicion.ts';
import type { RunEvent } from './trace.ts';

/** The first few say what went wrong; after them everything is wrong. */
const maxViolations = 100;

/** What a run knows about itself that no event tells. */
export interface RunFacts {
  readonly messages: {
    readonly sent: number;
    readonly delivered: number;
    readonly dropped: number;
  };
  readonly bytesSent: number;
  /** How long the run was by its own clock; on libp2p the same as `wallMs`. */
  readonly virtualMs: number;
  readonly wallMs: number;
  readonly traceDigest: Digest;
  readonly partial: boolean;
  /** Restarted replicas that hold the same state as the rest at the end. */
  readonly recovered: readonly number[];
  readonly isolated: readonly number[];
  /** Every planned request, if the run can list those that no event told of. */
  readonly requests?: readonly RequestRecord[];
  /** What each hostile client did, in the order of the scenario. */
  readonly hostile?: readonly Omit<HostileResult, 'throttledBy'>[];
}

/** Name of a hostile client in traces, by its place in the scenario. */
export function hostileName(client: number): string {
  return `hostile-${client}`;
}

/** The result of one run: pure, from what the scenario asked and what the run told. */
export function summarize(
  scenario: Scenario,
  events: Iterable<RunEvent>,
  facts: RunFacts,
): RunResult {
  const collector = new Collector(scenario);
  for (const event of events) collector.add(event);
  return collector.summarize(facts);
}

/** Keeps of a run's events what its result needs, so that a long run need not keep them all. */
export class Collector {
  private readonly scenario: Scenario;
  private readonly adversaries: ReadonlySet<number>;
  private readonly views = new Set<number>();
  private readonly violations: Violation[] = [];
  private readonly agreement = new AgreementWatch();
  private readonly detections: Detections;
  private readonly accusations = new Map<string, Accusation>();
  private readonly requests = new Map<string, RequestRecord>();
  private readonly suspicions = new Suspicions();
  /** Replicas that suspected a client, by its name. */
  private readonly throttled = new Map<string, Set<number>>();
  private firstAskedMs = Number.POSITIVE_INFINITY;
  private lastAnsweredMs = 0;

  /** `delivered`: messages so far, in the whole cluster. */
  constructor(scenario: Scenario, delivered: () => number = () => 0) {
    this.scenario = scenario;
    this.detections = new Detections(delivered);
    this.adversaries = new Set(scenario.adversaries.flatMap(({ replicas }) => replicas));
  }

  add(event: RunEvent): void {
    switch (event.type) {
      case 'view':
        // What an adversary says of its own view counts for nothing.
        if (event.active && event.view > 0 && !this.adversaries.has(event.replica)) {
          this.views.add(event.view);
        }
        break;
      case 'accused':
        if (!this.adversaries.has(event.replica)) this.accuse(event.accusation);
        break;
      case 'request':
        this.answer(event.record, event.atMs);
        break;
      case 'standing':
        if (!this.adversaries.has(event.replica)) this.suspicions.add(event);
        break;
      case 'clientStanding':
        if (event.to === 'suspected' && !this.adversaries.has(event.replica)) {
          const by = this.throttled.get(event.client) ?? new Set();
          this.throttled.set(event.client, by.add(event.replica));
        }
        break;
      case 'violation':
        this.violate(event.violation);
        break;
      case 'fault':
        if (event.what !== 'adversary') break;
        for (const replica of event.replicas) this.detections.departure(replica, event.atMs);
        break;
      case 'decided':
      case 'executed':
        if (!this.adversaries.has(event.replica)) this.violate(this.agreement.see(event));
        break;
      default:
    }
  }

  summarize(facts: RunFacts): RunResult {
    for (const record of facts.requests ?? []) {
      if (!this.requests.has(keyOf(record))) this.requests.set(keyOf(record), record);
    }
    const { scenario } = this;
    const requests = [...this.requests.values()];
    const issued = requests.filter(({ outcome }) => outcome === 'issued');
    const rejected = countRejected(requests);
    const accusations = [...this.accusations.values()];
    const violations = [...this.violations, ...issued.flatMap(violationOf)];
    const answered = issued.length + rejected.total;
    const pending = Math.max(0, scenario.workload.requests - answered);
    const told = {
      issued: issued.length,
      rejected,
      pending,
      viewChanges: this.views.size,
      accused: ascending(accusations.map(({ accused }) => accused)),
      isolated: ascending(facts.isolated),
      suspected: ascending(this.suspicions.suspected(scenario.replicas.voting)),
      recovered: ascending(facts.recovered),
      ...this.hostile(facts.hostile ?? []),
      latencyMs: percentiles(requests.flatMap(({ latencyMs }) => latencyMs ?? [])),
    };
    const outcome = outcomeOf(violations, pending);
    const throttled = (told.hostileClients ?? []).flatMap(({ throttledBy }, client) => {
      return throttledBy.length >= weakQuorum(scenario.replicas.voting) ? [client] : [];
    });
    const expectations = judge(scenario.expect, { outcome, ...told, throttled });
    const failed = outcome === 'passed' && expectations.some(({ held }) => !held);
    return {
      scenario: scenario.name,
      seed: scenario.seed,
      transport: scenario.transport,
      replicas: scenario.replicas.voting,
      f: Math.floor((scenario.replicas.voting - 1) / 3),
      outcome: failed ? 'failed' : outcome,
      ...told,
      throughputPerSecond: this.throughputPerSecond(answered),
      messages: facts.messages,
      bytesSent: facts.bytesSent,
      virtualMs: rounded(facts.virtualMs),
      wallMs: rounded(facts.wallMs),
      traceDigest: facts.traceDigest,
      expectations,
      violations,
      accusations,
      detections: this.detections.list(),
      requests,
      partial: facts.partial,
    };
  }

  private hostile(records: NonNullable<RunFacts['hostile']>): {
    readonly hostileClients?: readonly HostileResult[];
  } {
    if (records.length === 0) return {};
    const hostileClients = records.map(({ behaviour, misdeeds, asked, answered, honoured }, i) => {
      const throttledBy = ascending([...(this.throttled.get(hostileName(i)) ?? [])]);
      return { behaviour, misdeeds, asked, answered, honoured, throttledBy };
    });
    return { hostileClients };
  }

  /** One rule broken at one sequence is told once, however many replicas show it. */
  private violate(violation: Violation | null): void {
    const { violations } = this;
    if (violation === null) return;
    const known = violations.findIndex(
      ({ checker, sequence }) => checker === violation.checker && sequence === violation.sequence,
    );
    // A checker in virtual time knows what came before; the watch over both worlds tells it first.
    if (known >= 0 && violation.trace !== undefined) violations[known] = violation;
    if (known < 0 && violations.length < maxViolations) violations.push(violation);
  }

  /** Replicas accuse on their own; what they all prove is told once, as the first one saw it. */
  private accuse(accusation: Accusation): void {
    this.detections.proof(accusation.accused, accusation.evidence, accusation.atMs);
    const key = `${accusation.accused}/${accusation.evidence}`;
    const known = this.accusations.get(key);
    const first = known === undefined || accusation.atMs < known.atMs ? accusation : known;
    const by = ascending([...(known?.by ?? []), ...accusation.by]);
    this.accusations.set(key, { ...first, by });
  }

  private answer(record: RequestRecord, atMs: number): void {
    this.requests.set(keyOf(record), record);
    if (record.latencyMs === null) return;
    this.firstAskedMs = Math.min(this.firstAskedMs, atMs - record.latencyMs);
    this.lastAnsweredMs = Math.max(this.lastAnsweredMs, atMs);
  }

  /** Over the time from the first request to the last answer: starting up is not throughput. */
  private throughputPerSecond(answered: number): number {
    const busyMs = this.lastAnsweredMs - this.firstAskedMs;
    return busyMs > 0 ? rounded((answered * 1000) / busyMs) : 0;
  }
}

/** Broken promises of progress are no divergence: nothing was decided twice. */
function outcomeOf(violations: readonly Violation[], pending: number): Exclude<Outcome, 'failed'> {
  if (violations.some(({ checker }) => !livenessCheckers.has(checker))) return 'diverged';
  return violations.length > 0 || pending > 0 ? 'stalled' : 'passed';
}

function keyOf({ client, name, broken }: RequestRecord): string {
  return `${client}/${broken ?? 'honest'}/${name}`;
}

function countRejected(requests: readonly RequestRecord[]): RunResult['rejected'] {
  const counts: Record<Refusal | 'total', number> = {
    total: 0,
    ...noneInvalid,
  };
  for (const { outcome, failures } of requests) {
    if (outcome !== 'rejected') continue;
    counts.total++;
    // A request may fail by several proofs; each is counted once a request.
    const kinds = new Set(failures.map(({ proof }) => proof));
    for (const kind of refusals) if (kinds.has(kind)) counts[kind]++;
  }
  return counts;
}

/** A certificate over a proof that was broken on purpose is as bad as two decisions for one. */
function violationOf(record: RequestRecord): readonly Violation[] {
  if (record.broken === null) return [];
  const detail = `${record.name} was issued although its ${record.broken} is broken on purpose`;
  const { sequence } = record;
  return [{ checker: 'brokenProofIssued', sequence, replicas: [], atMs: 0, detail }];
}

/** Nearest-rank percentiles, milliseconds; zeros when nothing was measured. */
export function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return {
    p50: rounded(rank(0.5)),
    p90: rounded(rank(0.9)),
    p99: rounded(rank(0.99)),
    max: rounded(sorted.at(-1) ?? 0),
  };
}

function ascending(indices: readonly number[]): readonly number[] {
  return [...new Set(indices)].sort((a, b) => a - b);
}

/** To a thousandth: what lies below is noise of the clock and of binary fractions. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
