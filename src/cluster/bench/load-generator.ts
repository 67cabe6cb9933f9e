import { ed25519 } from '../../base/signature.ts';
import { EpochChain } from '../../ledger/epoch-chain.ts';
import { nopOperation } from '../../ledger/operation.ts';
import { decisionsIn, decodeResult } from '../../ledger/result.ts';
import { checkCertifiedAnswer } from '../../pbft/certified-answer.ts';
import { requestDigest, voteVerifier } from '../../pbft/envelope.ts';
import { replicaAddress } from '../../runtime/ports.ts';
import { monotonicClock } from '../../runtime/system-clock.ts';
import type { CertifiedAnswer } from '../../runtime/validator.ts';
import { rememberVotes } from '../../validation/remembered-votes.ts';
import { type Askers, knockAt, linkUp } from './askers.ts';
import type { LoadCommand, LoadMeasured } from './load-protocol.ts';
import { type Asking, type BenchPlan, operationsInFlight } from './plan.ts';
import { RequestSource } from './request-source.ts';
import { Window } from './window.ts';

const answeredPollMs = 10;
/** How long after the window what was asked in it may still be answered. */
const drainMs = 10_000;
/** Requests of an open loop are sent when they are due, looked for this often. */
const tickMs = 1;

type Connect = Extract<LoadCommand, { type: 'connect' }>;

/** Clients that ask the cluster, in a closed or an open loop, and check every answer. */
export class LoadGenerator {
  readonly source: RequestSource;
  private readonly plan: BenchPlan;
  private askers: Askers | null = null;
  private epochs: EpochChain | null = null;
  private window: Window | null = null;
  private closedAtMs = Number.POSITIVE_INFINITY;
  private cpuAtOpen = 0;
  private madeLateAtOpen = 0;
  /** Requests of an open loop that were due in the window and wait for their answer. */
  private due = 0;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  /** Counts the ways of asking so far: clients of an earlier one ask no more. */
  private way = 0;
  private asking: Asking;
  answered = 0;
  inFlight = 0;

  constructor(plan: BenchPlan) {
    this.plan = plan;
    this.asking = plan;
    this.source = new RequestSource(plan);
  }

  /** Links up with every replica that is up, or every door, and learns the beacon. */
  async connect({ deployment, multiaddrs, doors }: Connect): Promise<void> {
    const { validators } = deployment;
    const epochs = new EpochChain(validators, (set) => rememberVotes(voteVerifier(ed25519, set)));
    const peers = validators.publicKeys.map((publicKey, replica) => {
      const address = replicaAddress(replica);
      return { address, publicKey, multiaddr: multiaddrs.get(address) ?? null };
    });
    this.epochs = epochs;
    this.askers =
      this.plan.via === 'http'
        ? knockAt(doors, epochs, this.plan.clients)
        : await linkUp(peers, epochs, this.plan);
    await this.learnBeacon();
  }

  /** Asks no more; what is in flight is answered or not, and counts for nothing. */
  rest(): void {
    this.way++;
    this.window = null;
    this.closedAtMs = Number.POSITIVE_INFINITY;
    this.due = 0;
    clearTimeout(this.timer ?? undefined);
  }

  /** What was asked before is answered, or so late that it is not waited for. */
  async drained(): Promise<void> {
    const lateMs = monotonicClock.nowMs() + drainMs;
    while (this.inFlight > 0 && monotonicClock.nowMs() < lateMs && !this.stopped) {
      await new Promise((resolve) => setTimeout(resolve, answeredPollMs));
    }
  }

  /** Begins to ask in this way, and ends the way before. */
  go(asking: Asking): void {
    const { ratePerSecond } = asking;
    this.rest();
    this.asking = asking;
    if (ratePerSecond !== null) return this.arrive(monotonicClock.nowMs(), 0, ratePerSecond);
    const askers = operationsInFlight(asking, this.plan);
    for (let client = 0; client < askers; client++) this.askAgain(client, this.way);
  }

  open(): void {
    this.cpuAtOpen = cpuMs();
    this.madeLateAtOpen = this.source.madeLate;
    this.window = new Window(monotonicClock.nowMs());
  }

  /** Ends the window; in an open loop what was due in it is waited for, within bounds. */
  async close(): Promise<LoadMeasured> {
    const { window } = this;
    if (window === null) throw new Error('closed before it was opened');
    this.closedAtMs = monotonicClock.nowMs();
    const spent = cpuMs() - this.cpuAtOpen;
    const madeInWindow = this.source.madeLate - this.madeLateAtOpen;
    const lateMs = this.closedAtMs + drainMs;
    while (this.due > 0 && monotonicClock.nowMs() < lateMs && !this.stopped) {
      await new Promise((resolve) => setTimeout(resolve, answeredPollMs));
    }
    if (this.due > 0) window.fail('unanswered', this.due * this.plan.requestBatch);
    const { answered, verified, errors, latencyMs, answeredPerTenth } = window;
    const windowMs = this.closedAtMs - window.openedAtMs;
    const longestSilenceMs = window.longestSilenceMs(this.closedAtMs);
    const counted = { answered, verified, errors, latencyMs, answeredPerTenth, longestSilenceMs };
    const { requestBytes } = this.source;
    return { windowMs, ...counted, madeInWindow, requestBytes, cpuMs: spent };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer ?? undefined);
    await this.askers?.stop();
  }

  private learnBeacon(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.askers?.validators[0]?.submit(nopOperation(new Uint8Array([1])), (outcome) => {
      if (outcome.type !== 'certified') return reject(new Error(`no beacon: ${outcome.type}`));
      const result = decodeResult(outcome.certified.answer.result);
      if (result.ok) this.source.learn(result.value.beacon);
      resolve();
    });
    return promise;
  }

  private askAgain(client: number, way: number): void {
    if (way !== this.way) return;
    const askedAtMs = monotonicClock.nowMs();
    this.ask(client, (nowMs) => {
      if (this.counts(nowMs)) this.window?.record(nowMs - askedAtMs, this.plan.requestBatch);
      // In a turn of its own: an answer may bring those of a whole batch.
      setImmediate(() => this.askAgain(client, way));
    });
  }

  /** Open loop: each operation is due at a time of its own, whatever became of the others. */
  private arrive(startMs: number, index: number, ratePerSecond: number): void {
    const nowMs = monotonicClock.nowMs();
    let next = index;
    const intervalMs = (this.plan.requestBatch * 1000) / ratePerSecond;
    for (; startMs + next * intervalMs <= nowMs; next++) {
      this.askOnce(next % this.asking.clients, startMs + next * intervalMs);
    }
    if (this.stopped || nowMs >= this.closedAtMs) return;
    this.timer = setTimeout(() => this.arrive(startMs, next, ratePerSecond), tickMs);
  }

  /** Its latency counts from when it was due: a slow cluster must not slow the measure down. */
  private askOnce(client: number, dueMs: number): void {
    const isDue = this.counts(dueMs);
    const { way } = this;
    if (isDue) this.due++;
    this.ask(client, (nowMs) => {
      if (!isDue || way !== this.way) return;
      this.due--;
      this.window?.record(nowMs - dueMs, this.plan.requestBatch);
    });
  }

  private ask(client: number, answered: (nowMs: number) => void): void {
    if (this.stopped) return;
    const operation = this.source.next();
    const { validators = [] } = this.askers ?? {};
    const validator = validators[client % validators.length];
    this.inFlight++;
    validator?.submit(operation, (outcome) => {
      if (this.stopped) return;
      this.inFlight--;
      const { requestBatch } = this.plan;
      this.answered += requestBatch;
      const nowMs = monotonicClock.nowMs();
      const fault =
        outcome.type === 'certified'
          ? this.faultOf(operation, outcome.certified)
          : outcome.type === 'refused'
            ? outcome.reason
            : outcome.type;
      if (this.counts(nowMs)) {
        if (outcome.type === 'certified') this.window?.count(nowMs, requestBatch);
        if (fault === null) this.window?.verify(requestBatch);
        else this.window?.fail(fault, requestBatch);
      }
      answered(nowMs);
    });
  }

  /** Checks the certificate as a stranger would, and that it says what was hoped for. */
  private faultOf(operation: Uint8Array, certified: CertifiedAnswer): string | null {
    const epoch = this.epochs?.current;
    if (epoch === undefined) return 'no validators';
    const digest = requestDigest(operation);
    const reason = checkCertifiedAnswer(certified, digest, epoch.validators, epoch.verify);
    if (reason !== null) return `certificate: ${reason}`;
    const result = decodeResult(certified.answer.result);
    if (!result.ok) return 'result not readable';
    if (result.value.operation !== digest) return 'result of another operation';
    this.source.learn(result.value.beacon);
    if (this.plan.work.type === 'opaque') return null;
    const decisions = decisionsIn(result.value);
    if (decisions.length !== this.plan.requestBatch) return `a ${result.value.type} result`;
    const [failure] = decisions.flatMap(({ failures }) => failures);
    return failure === undefined ? null : `invalid: ${failure.proof}`;
  }

  private counts(nowMs: number): boolean {
    const openedAtMs = this.window?.openedAtMs ?? Number.POSITIVE_INFINITY;
    return nowMs >= openedAtMs && nowMs < this.closedAtMs;
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
