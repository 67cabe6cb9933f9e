import { utf8 } from '../base/bytes.ts';
import { nopOperation } from '../ledger/operation.ts';
import type { Timers } from '../runtime/ports.ts';
import type { Validator } from '../runtime/validator.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { pendingRecord, type RequestRecord, type WorkloadEvent } from '../workload/records.ts';

/** What a simulation needs of whoever asks. */
export interface Clients {
  /** Requests with a certified answer or given up, of all. */
  readonly settled: number;
  readonly requests: number;
  readonly isDone: boolean;
  records(): RequestRecord[];
  stop(): void;
}

export interface NopClientsOptions {
  readonly workload: Scenario['workload'];
  readonly validators: readonly Validator[];
  readonly timers: Timers;
  /** Milliseconds since 1970 by the clients' clock. */
  readonly nowMs: () => number;
  readonly onEvent: (event: WorkloadEvent) => void;
}

/** Before trying again what no quorum answered. */
const retryMs = 200;

/**
 * Clients that ask for nothing but a certified answer: operations of a few bytes, no proofs, no
 * certificates. For volume, when it is the protocol that is on trial.
 */
export class NopClients implements Clients {
  readonly requests: number;
  settled = 0;
  private readonly options: NopClientsOptions;
  /** By request; not a number: no answer yet. Numbers, because a run may ask a million times. */
  private readonly latenciesMs: Float64Array;
  private readonly sequences: Float64Array;
  /** The next request of each client; client c asks for c, c + clients, … */
  private readonly next: number[];
  private stopped = false;

  constructor(options: NopClientsOptions) {
    this.options = options;
    const { requests, clients, ratePerSecond, outstanding } = options.workload;
    this.requests = requests;
    this.latenciesMs = new Float64Array(requests).fill(Number.NaN);
    this.sequences = new Float64Array(requests);
    this.next = Array.from({ length: clients }, (_, client) => client);
    for (let client = 0; client < clients; client++) {
      if (ratePerSecond !== null) continue;
      for (let i = 0; i < outstanding; i++) this.options.timers.after(0, () => this.serve(client));
    }
    if (ratePerSecond !== null) this.arrive(0, 1000 / ratePerSecond);
  }

  get isDone(): boolean {
    return this.settled === this.requests;
  }

  records(): RequestRecord[] {
    return Array.from({ length: this.requests }, (_, index) => this.record(index));
  }

  stop(): void {
    this.stopped = true;
  }

  /** Open loop: the requests come one interval apart, whatever becomes of them. */
  private arrive(index: number, intervalMs: number): void {
    if (index >= this.requests) return;
    this.options.timers.after(intervalMs, () => this.arrive(index + 1, intervalMs));
    this.ask(index, this.options.nowMs(), () => {});
  }

  /** Closed loop: one place in the queue of `client`. */
  private serve(client: number): void {
    const index = this.next[client] ?? this.requests;
    if (index >= this.requests) return;
    this.next[client] = index + this.options.workload.clients;
    this.ask(index, this.options.nowMs(), () => this.serve(client));
  }

  private ask(index: number, dueMs: number, done: () => void): void {
    if (this.stopped) return;
    const { validators, workload, nowMs, onEvent, timers } = this.options;
    const validator = validators[index % workload.clients];
    validator?.submit(nopOperation(utf8(`nop ${index}`)), (outcome) => {
      if (this.stopped) return;
      if (outcome.type !== 'certified') {
        timers.after(retryMs, () => this.ask(index, dueMs, done));
        return;
      }
      const { certified } = outcome;
      this.latenciesMs[index] = nowMs() - dueMs;
      this.sequences[index] = certified.certificate.statement.sequence;
      this.settled++;
      const record = this.record(index);
      onEvent({ type: 'answered', record, certificate: null, certified, nowMs: nowMs() });
      done();
    });
  }

  private record(index: number): RequestRecord {
    const client = index % this.options.workload.clients;
    const record = pendingRecord({ index, client, name: `nop-${index}`, broken: null });
    const latencyMs = this.latenciesMs[index] as number;
    if (Number.isNaN(latencyMs)) return record;
    return { ...record, outcome: 'issued', latencyMs, sequence: this.sequences[index] as number };
  }
}
