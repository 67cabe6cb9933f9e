import { utf8 } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import type { Signer } from '../base/signature.ts';
import { nopOperation, validateOperation } from '../ledger/operation.ts';
import type { NetworkPosition } from '../proofs/network-position.ts';
import { strictest } from '../proofs/profiles.ts';
import {
  makeOwnProofs,
  makeRequest,
  type RequestIngredients,
  requestContext,
} from '../proofs/proof-set.ts';
import type { PlotRegistration, RegistrationContext } from '../proofs/registration.ts';
import type { Beacon, CertificateSubject, Requirements } from '../proofs/request.ts';
import type { RequestDraft } from '../proofs/request-batch.ts';
import type { AnyPlot } from '../proofs/stored-plot.ts';
import type { WorkProof } from '../proofs/work.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import type { SolveWork } from '../runtime/solve-work.ts';
import type { CertifiedAnswer, Validator } from '../runtime/validator.ts';
import { Attestation } from './attestation.ts';
import { type Enrolled, enrol, resultOf } from './enrolment.ts';

/** A node as the ledger knows it, and the way to the cluster. */
export interface NodeProverOptions {
  /** For nops: {@link EnrolmentOptions.name}. */
  readonly name: string;
  readonly chainId: Digest;
  readonly signer: Signer;
  readonly plot: AnyPlot;
  readonly register: (context: RegistrationContext) => readonly PlotRegistration[];
  readonly position: NetworkPosition | null;
  /** Locked stake to claim, whole units. */
  readonly stakeAmount: number;
  /** The cluster's profile. */
  readonly requirements: Requirements;
  readonly validator: Validator;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly solveWork: SolveWork;
  /** The node's next sequence, each used once for ever. */
  readonly nextSequence: () => number;
}

/** What every answer says about the requests to come: what they are made for, at what price. */
interface Terms {
  readonly beacon: Beacon;
  readonly computeBits: number;
}

/**
 * One registered node: it puts its plot on the ledger, answers the challenge of every beacon epoch
 * it hears of, and makes all four proofs for whom it speaks for.
 */
export class NodeProver {
  private readonly options: NodeProverOptions;
  private readonly stopping = new AbortController();
  private known: Terms | null = null;
  private attestation: Attestation | null = null;
  private refreshes = 0;

  constructor(options: NodeProverOptions) {
    this.options = options;
  }

  get nodeId(): Uint8Array {
    return this.options.signer.publicKey;
  }

  /** Null until the node is enrolled. */
  get terms(): Terms | null {
    return this.known;
  }

  get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  /** Aborted when nothing is asked or told any more. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Registers the plot and learns the beacon; before the first proof. */
  enrol(done: (enrolled: Enrolled) => void): void {
    const isStopped = (): boolean => this.stopped;
    enrol({ ...this.options, isStopped }, (enrolled) => {
      if (enrolled.ok) {
        this.attestation = new Attestation({ ...this.options, isStopped }, enrolled.beacon);
        this.known = enrolled;
      }
      done(enrolled);
    });
  }

  /** Takes the newest beacon and price out of any answer, and answers the beacon's challenge. */
  learn(certified: CertifiedAnswer): void {
    const told = resultOf(certified);
    const newer = this.known === null || told.beacon.epoch >= this.known.beacon.epoch;
    if (newer) this.known = told;
    if (this.known !== null) this.attestation?.keepUp(this.known.beacon);
  }

  /** Calls back once the plot is attested in the newest epoch known; never once stopped. */
  attest(done: () => void): void {
    if (this.known === null || this.attestation === null) return done();
    this.attestation.keepUp(this.known.beacon, done);
  }

  /** Asks a nop for the newest beacon; false when no quorum answered. */
  refresh(done: (heard: boolean) => void): void {
    const { name, validator } = this.options;
    const salt = utf8(`${name} look ${this.refreshes++}`);
    validator.submit(nopOperation(salt), (outcome) => {
      if (this.stopped) return;
      if (outcome.type === 'certified') this.learn(outcome.certified);
      done(outcome.type === 'certified');
    });
  }

  /** What proofs for this subject are made of now, with a sequence of its own; null: not yet. */
  ingredients(subject: CertificateSubject): RequestIngredients | null {
    const { known } = this;
    if (known === null) return null;
    const { chainId, signer, plot, stakeAmount, clock, requirements, nextSequence } = this.options;
    const minimumComputeBits = Math.max(requirements.minimumComputeBits, known.computeBits);
    return {
      chainId,
      subject,
      signer,
      plot,
      stakeAmount,
      beacon: known.beacon,
      timestamp: clock.nowMs(),
      sequence: nextSequence(),
      requirements: { ...requirements, minimumComputeBits },
    };
  }

  /** All four proofs, as the operation to be ordered; null: not enrolled. Never once stopped. */
  prove(subject: CertificateSubject, done: (operation: Uint8Array | null) => void): void {
    const ingredients = this.ingredients(subject);
    if (ingredients === null) return done(null);
    this.solve(ingredients, (work) => {
      done(validateOperation(makeRequest(ingredients, work)));
    });
  }

  /** As {@link prove}, for a {@link RequestBatcher}: unsigned, and without openings. */
  draft(subject: CertificateSubject, done: (draft: RequestDraft | null) => void): void {
    const ingredients = this.ingredients(subject);
    if (ingredients === null) return done(null);
    this.solve(ingredients, (work, context) => {
      done({ subject, proofs: makeOwnProofs(ingredients, work, context) });
    });
  }

  private solve(
    ingredients: RequestIngredients,
    done: (work: WorkProof, context: Uint8Array) => void,
  ): void {
    const context = requestContext(ingredients);
    const { minimumComputeBits: bits, workFunction = 'sha256' } = strictest(
      ingredients.requirements,
      ingredients.subject.requirements,
    );
    const task = { context, bits, workFunction };
    this.options.solveWork(task, this.signal, (work) => done(work, context));
  }

  stop(): void {
    this.stopping.abort();
  }
}
