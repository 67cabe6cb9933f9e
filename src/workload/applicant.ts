import type { Random } from '../base/random.ts';
import { validateOperation } from '../ledger/operation.ts';
import { signPosition } from '../proofs/network-position.ts';
import type { Plot } from '../proofs/plot.ts';
import { makeRegistration } from '../proofs/registration.ts';
import type { CertificateSubject, ProofFailure, Requirements } from '../proofs/request.ts';
import type { RequestDraft } from '../proofs/request-batch.ts';
import {
  type Enrolled,
  healingOf,
  maxAttempts,
  NodeProver,
  overloadedDelayMs,
  RequestBatcher,
} from '../prover/index.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import type { SolveWork } from '../runtime/solve-work.ts';
import type { CertifiedAnswer, Validator } from '../runtime/validator.ts';
import type { CertificateAuthority, IssuanceOutcome } from '../trustchain/authority.ts';
import type { IssuedCertificate } from '../trustchain/certificate-store.ts';
import { makeCsr } from '../trustchain/csr.ts';
import { signingKeyFromSeed } from '../trustchain/keys.ts';
import type { ClientIdentity } from './identity.ts';
import type { PlannedRequest } from './plan.ts';
import { makeAttempt, makeOwn, mayShare } from './proof-agent.ts';

/** Longest wait of a client whose requests are not taken at the moment. */
const maxHoldMs = 5_000;

export interface ApplicantOptions {
  readonly identity: ClientIdentity;
  readonly chainId: string;
  readonly requirements: Requirements;
  /** Most requests under one signature; absent or 1: each has its own. */
  readonly requestBatch?: number;
  /** Made when the client enrols: it takes a while. */
  readonly plot: () => Plot;
  readonly authority: CertificateAuthority;
  readonly validator: Validator;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly solveWork: SolveWork;
  readonly onRetry: (name: string, reason: string) => void;
}

export type Verdict =
  | {
      readonly type: 'issued';
      readonly certificate: IssuedCertificate;
      readonly certified: CertifiedAnswer;
    }
  | {
      readonly type: 'rejected';
      readonly failures: readonly ProofFailure[];
      readonly certified: CertifiedAnswer;
    }
  | { readonly type: 'gaveUp'; readonly reason: string };

/** One request under way: the same subject key in every attempt, a new request id in each. */
interface Application {
  readonly request: PlannedRequest;
  readonly csr: string;
  readonly done: (verdict: Verdict) => void;
  attempt: number;
  /** Times in a row that the request was not taken. */
  held: number;
  timeSequence: number;
  /** What waits or is under way under a signature that it may share. */
  draft: RequestDraft | null;
}

/** One TrustChain client: a node with its plot and stake that asks for certificates. */
export class Applicant {
  private readonly options: ApplicantOptions;
  private prover: NodeProver | null = null;
  /** Null: every request has a signature of its own. */
  private batcher: RequestBatcher | null = null;
  private stopped = false;
  private sequence = 0;
  private used: number | null = null;

  constructor(options: ApplicantOptions) {
    this.options = options;
  }

  /** True once there is an honest request whose time sequence a replay can use again. */
  get canReplay(): boolean {
    return this.used !== null;
  }

  /** Registers the plot and learns the beacon; before the first `apply`. */
  enrol(done: (enrolled: Enrolled) => void): void {
    const { identity, clock } = this.options;
    const { client, signer, stakeAmount } = identity;
    const plot = this.options.plot();
    const { requestBatch: maxRequests = 1 } = this.options;
    if (maxRequests > 1) {
      this.batcher = new RequestBatcher({ ...this.options, signer, plot, maxRequests });
    }
    this.prover = new NodeProver({
      ...this.options,
      name: `client ${client}`,
      signer,
      stakeAmount,
      plot,
      register: (context) => [makeRegistration(context, plot.labels, plot.scaleFactor)],
      // A client only calls: it is a peer without an address.
      position: signPosition(signer, clock.nowMs(), []),
      nextSequence: () => ++this.sequence,
    });
    if (this.stopped) this.prover.stop();
    this.prover.enrol(done);
  }

  /** Asks for one certificate until a quorum has answered. Calls back once, or never if stopped. */
  apply(request: PlannedRequest, done: (verdict: Verdict) => void): void {
    const secret = this.options.random.fork(`subject key ${request.index}`).bytes(32);
    const csr = makeCsr({
      key: signingKeyFromSeed(secret),
      commonName: request.name,
      dnsNames: [request.name],
    });
    this.ask({ request, csr, done, attempt: 0, held: 0, timeSequence: 0, draft: null });
  }

  /** Nothing is asked or answered any more. */
  stop(): void {
    this.stopped = true;
    this.prover?.stop();
  }

  private ask(application: Application): void {
    const { identity, authority } = this.options;
    const agent = {
      nodeId: identity.signer.publicKey,
      prove: (subject: CertificateSubject, done: (operation: Uint8Array | null) => void) =>
        this.prove(application, subject, done),
    };
    const requestId = `${application.request.index}-${application.attempt}`;
    authority.request(application.csr, { requestId }, agent, (outcome) => {
      if (!this.stopped) this.onOutcome(application, outcome);
    });
  }

  private prove(
    application: Application,
    subject: CertificateSubject,
    done: (operation: Uint8Array | null) => void,
  ): void {
    const { random, solveWork } = this.options;
    const { prover, used } = this;
    const ingredients = prover?.ingredients(subject) ?? null;
    if (prover === null || ingredients === null) return done(null);
    const { request, attempt } = application;
    application.timeSequence = ingredients.sequence;
    const chance = random.fork(`request ${request.index}-${attempt}`);
    const made = { ...ingredients, broken: request.broken, usedSequence: used };
    const { batcher } = this;
    if (batcher === null || !mayShare(made)) {
      return makeAttempt(made, chance, solveWork, prover.signal, (proved) => {
        done(validateOperation(proved));
      });
    }
    makeOwn(made, chance, solveWork, prover.signal, (proofs) => {
      application.draft = { subject, proofs };
      batcher.add(application.draft, done);
    });
  }

  private onOutcome(application: Application, outcome: IssuanceOutcome): void {
    if (application.draft !== null) this.batcher?.settle(application.draft);
    switch (outcome.type) {
      case 'issued': {
        const { certificate, certified } = outcome;
        this.prover?.learn(certified);
        this.used = application.timeSequence;
        application.done({ type: 'issued', certificate, certified });
        return;
      }
      case 'invalid':
        this.onInvalid(application, outcome.failures, outcome.certified);
        return;
      case 'timeout':
        // Under the same id: the authority asks for the same vote, which may be on its way.
        this.retry(application, 'no quorum answered in time');
        return;
      case 'refused':
        this.onRefused(application, outcome.refusal.code, outcome.refusal.detail);
    }
  }

  /**
   * A refusal for being late, or for a price that rose meanwhile, is healed by fresh proofs; any
   * other is what the quorum thinks.
   */
  private onInvalid(
    application: Application,
    failures: readonly ProofFailure[],
    certified: CertifiedAnswer,
  ): void {
    this.prover?.learn(certified);
    const { broken } = application.request;
    const healing = healingOf(failures.filter(({ proof }) => proof !== broken));
    if (healing === null || application.attempt + 1 >= maxAttempts) {
      application.done({ type: 'rejected', failures, certified });
      return;
    }
    application.attempt += 1;
    const { proof, reason } = healing.failure;
    const again = (): void => this.retry(application, `${proof}: ${reason}`);
    if (healing.attestFirst) this.prover?.attest(again);
    else again();
  }

  private onRefused(application: Application, code: string, detail: string): void {
    if (code !== 'overloaded' && code !== 'answerNotAccepted') {
      application.done({ type: 'gaveUp', reason: `${code}: ${detail}` });
      return;
    }
    const delayMs = Math.min(maxHoldMs, overloadedDelayMs * 2 ** Math.min(application.held, 10));
    application.held += 1;
    this.options.timers.after(delayMs, () => this.retry(application, `${code}: ${detail}`));
  }

  private retry(application: Application, reason: string): void {
    if (this.stopped) return;
    this.options.onRetry(application.request.name, reason);
    this.ask(application);
  }
}
