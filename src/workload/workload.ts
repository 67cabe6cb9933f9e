import { assert } from '../base/assert.ts';
import { Random } from '../base/random.ts';
import type { IssuedCertificate } from '../trustchain/certificate-store.ts';
import type { Verdict } from './applicant.ts';
import type { WorkloadParameters } from './parameters.ts';
import { type PlannedRequest, planRequests } from './plan.ts';
import type { DueRequest } from './queue.ts';
import { pendingRecord, type RequestRecord, recordOf, type WorkloadEvent } from './records.ts';
import { makeSeat, type Seat } from './seat.ts';
import type { WorkloadWorld } from './world.ts';

/**
 * The people at the counter: clients that register a plot, then ask TrustChain for certificates,
 * some of them broken on purpose. All chance comes from the seed, so in virtual time the same seed
 * sends the same bytes in the same order.
 */
export interface Workload {
  /** What `ca.pem` and `validators.json` hold. */
  readonly caPem: string;
  readonly validatorsJson: string;
  /** Requests with a certified answer or given up, of all. */
  readonly settled: number;
  readonly requests: number;
  readonly isDone: boolean;
  /** One record for each planned request, those without an answer as pending. */
  records(): RequestRecord[];
  certificates(): IssuedCertificate[];
  /** The one with this serial, as its authority keeps it; null: there is none. */
  certificate(serial: string): IssuedCertificate | null;
  /** Asks nothing more and tells nothing more. */
  stop(): void;
}

/** Begins at once: what it does comes out of the world's timers and validators. */
export function startWorkload(parameters: WorkloadParameters, world: WorkloadWorld): Workload {
  const running = new Running(parameters, world);
  running.start();
  return running;
}

class Running implements Workload {
  readonly requests: number;
  readonly caPem: string;
  private readonly parameters: WorkloadParameters;
  private readonly world: WorkloadWorld;
  private readonly plan: readonly PlannedRequest[];
  private readonly planOf: ReadonlyMap<number, readonly PlannedRequest[]>;
  private readonly seats: readonly Seat[];
  private readonly answers: (RequestRecord | undefined)[];
  private settledCount = 0;
  private enrolling: number;
  private cancelArrival: () => void = () => {};
  private stopped = false;

  constructor(parameters: WorkloadParameters, world: WorkloadWorld) {
    this.parameters = parameters;
    this.world = world;
    this.plan = planRequests(parameters, new Random(`${world.seed}/workload/plan`));
    this.planOf = Map.groupBy(this.plan, ({ client }) => client);
    this.requests = this.plan.length;
    this.answers = new Array(this.plan.length).fill(undefined);
    this.enrolling = parameters.clients;
    this.seats = Array.from({ length: parameters.clients }, (_, client) =>
      makeSeat(client, this.planOf.get(client)?.length ?? 0, parameters, world, (name, reason) => {
        this.tell({ type: 'retried', client, name, reason, nowMs: world.clock.nowMs() });
      }),
    );
    this.caPem = world.issuer.pem;
  }

  get validatorsJson(): string {
    return this.seatOf(0).authority.validatorsJson;
  }

  get settled(): number {
    return this.settledCount;
  }

  get isDone(): boolean {
    return this.settledCount === this.requests && this.enrolling === 0;
  }

  records(): RequestRecord[] {
    return this.plan.map((request, index) => this.answers[index] ?? pendingRecord(request));
  }

  certificates(): IssuedCertificate[] {
    return this.seats.flatMap(({ authority }) => authority.store.all());
  }

  certificate(serial: string): IssuedCertificate | null {
    for (const { authority } of this.seats) {
      const found = authority.store.get(serial);
      if (found !== null) return found;
    }
    return null;
  }

  stop(): void {
    this.stopped = true;
    this.cancelArrival();
    for (const { applicant } of this.seats) applicant.stop();
  }

  /** Clients enrol one turn apart: making a plot takes a while. */
  start(): void {
    for (const seat of this.seats) this.world.timers.after(0, () => this.enrol(seat));
  }

  private seatOf(client: number): Seat {
    const seat = this.seats[client];
    assert(seat !== undefined, `client ${client} of ${this.seats.length}`);
    return seat;
  }

  private enrol(seat: Seat): void {
    if (this.stopped) return;
    const { client, applicant } = seat;
    applicant.enrol((enrolled) => {
      this.enrolling -= 1;
      if (enrolled.ok) {
        const { sequence } = enrolled;
        this.tell({ type: 'enrolled', client, sequence, nowMs: this.world.clock.nowMs() });
      } else {
        seat.closed = `client ${client} could not enrol: ${enrolled.reason}`;
      }
      const { ratePerSecond } = this.parameters;
      if (ratePerSecond === null) this.admitAll(seat);
      else if (this.enrolling === 0) {
        this.arrive(0, this.world.clock.nowMs(), 1000 / ratePerSecond);
      }
      if (this.requests === 0 && this.enrolling === 0) this.world.onDone?.();
    });
  }

  /** Closed loop: everything is due from the start, `outstanding` at a time. */
  private admitAll(seat: Seat): void {
    const dueMs = this.world.clock.nowMs();
    for (const request of this.planOf.get(seat.client) ?? []) seat.queue.push({ request, dueMs });
    seat.expected = 0;
    this.serve(seat);
  }

  /** Open loop: request `index` is due at start + index × interval, whatever came of the others. */
  private arrive(index: number, startMs: number, intervalMs: number): void {
    const nowMs = this.world.clock.nowMs();
    let next = index;
    for (; next < this.requests && startMs + next * intervalMs <= nowMs; next++) {
      const request = this.plan[next] as PlannedRequest;
      const seat = this.seatOf(request.client);
      seat.queue.push({ request, dueMs: Math.floor(startMs + next * intervalMs) });
      seat.expected -= 1;
      this.serve(seat);
    }
    if (next >= this.requests || this.stopped) return;
    const waitMs = Math.max(1, Math.ceil(startMs + next * intervalMs - nowMs));
    this.cancelArrival = this.world.timers.after(waitMs, () => {
      this.arrive(next, startMs, intervalMs);
    });
  }

  private serve(seat: Seat): void {
    if (seat.serving) return;
    const { ratePerSecond, outstanding } = this.parameters;
    const most = ratePerSecond === null ? outstanding : Number.POSITIVE_INFINITY;
    seat.serving = true;
    while (!this.stopped && seat.inFlight < most) {
      // The last honest request is gone without a certificate: replays have nothing to repeat.
      const barren = seat.expected === 0 && seat.inFlight === 0 && !seat.applicant.canReplay;
      const due =
        seat.queue.next(seat.applicant.canReplay) ?? (barren ? seat.queue.next(true) : null);
      if (due === null) break;
      const nothing = barren && due.request.broken === 'replay' ? 'nothing to replay' : null;
      const closed = seat.closed ?? nothing;
      if (closed !== null) this.settle(due, { type: 'gaveUp', reason: closed });
      else this.apply(seat, due);
    }
    seat.serving = false;
  }

  private apply(seat: Seat, { request, dueMs }: DueRequest): void {
    // In an open loop waiting in line counts: a slow cluster must not slow the measure down.
    const open = this.parameters.ratePerSecond !== null;
    const sinceMs = open ? dueMs : this.world.clock.nowMs();
    seat.inFlight += 1;
    seat.applicant.apply(request, (verdict) => {
      seat.inFlight -= 1;
      this.settle({ request, dueMs: sinceMs }, verdict);
      this.serve(seat);
    });
  }

  private settle({ request, dueMs }: DueRequest, verdict: Verdict): void {
    const nowMs = this.world.clock.nowMs();
    const record = recordOf(request, verdict, nowMs - dueMs);
    this.answers[request.index] = record;
    this.settledCount += 1;
    if (verdict.type === 'gaveUp') {
      this.tell({ type: 'gaveUp', record, reason: verdict.reason, nowMs });
    } else {
      const certificate = verdict.type === 'issued' ? verdict.certificate : null;
      const { certified } = verdict;
      this.tell({ type: 'answered', record, certificate, certified, nowMs });
    }
    if (this.isDone) this.world.onDone?.();
  }

  private tell(event: WorkloadEvent): void {
    this.world.onEvent?.(event);
  }
}
