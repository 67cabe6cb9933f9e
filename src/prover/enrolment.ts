import { assert } from '../base/assert.ts';
import { utf8 } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import type { Signer } from '../base/signature.ts';
import { nopOperation, orderOperation } from '../ledger/operation.ts';
import { type OperationResult, resultIn } from '../ledger/result.ts';
import type { NetworkPosition } from '../proofs/network-position.ts';
import type { PlotRegistration, RegistrationContext } from '../proofs/registration.ts';
import type { Beacon } from '../proofs/request.ts';
import type { Timers } from '../runtime/ports.ts';
import type { CertifiedAnswer, Validator } from '../runtime/validator.ts';

/** How often a certified refusal or a refusal to send is answered with another try. */
export const maxAttempts = 8;
/** Before trying again what the validator itself would not send. */
export const overloadedDelayMs = 200;

export interface EnrolmentOptions {
  /** Goes into the nops: another one for each time the node enrols, at most 48 characters. */
  readonly name: string;
  readonly chainId: Digest;
  readonly signer: Signer;
  readonly plot: { readonly root: Digest };
  /** The plot's registration, in one part or, where one operation cannot hold it, in several. */
  readonly register: (context: RegistrationContext) => readonly PlotRegistration[];
  /**
   * The node's own word on where it is reached; its link must prove its key. Null: it is behind
   * somebody else's link, as over HTTP.
   */
  readonly position: NetworkPosition | null;
  readonly validator: Validator;
  readonly timers: Timers;
  /** The node's next sequence, each used once. */
  readonly nextSequence: () => number;
  /** Once true nothing is asked or told any more. */
  readonly isStopped: () => boolean;
}

export type Enrolled =
  | {
      readonly ok: true;
      readonly beacon: Beacon;
      /** Bits of work asked of requests made for this beacon. */
      readonly computeBits: number;
      readonly sequence: number;
      readonly certified: CertifiedAnswer;
    }
  | { readonly ok: false; readonly reason: string };

/** The ledger's word in a certified answer; a quorum of wrong bytes would be a bug of ours. */
export function resultOf({ answer }: CertifiedAnswer): OperationResult {
  const decoded = resultIn(answer);
  assert(decoded.ok, `certified result: ${decoded.ok ? '' : decoded.reason}`);
  return decoded.value;
}

/**
 * Puts the node's plot on the ledger: a nop learns the beacon, the registration opens the labels
 * that beacon draws. A beacon gone stale on the way is refused, and the refusal brings the new one.
 * What no quorum answers is asked again, for as long as the validator takes it.
 */
export function enrol(options: EnrolmentOptions, done: (enrolled: Enrolled) => void): void {
  new Enrolment(options, done).learnBeacon();
}

class Enrolment {
  private readonly options: EnrolmentOptions;
  private readonly done: (enrolled: Enrolled) => void;
  private nops = 0;
  private attempts = 0;

  constructor(options: EnrolmentOptions, done: (enrolled: Enrolled) => void) {
    this.options = options;
    this.done = done;
  }

  learnBeacon(): void {
    const salt = utf8(`${this.options.name} nop ${this.nops++}`);
    this.order(nopOperation(salt), (certified) => this.register(resultOf(certified).beacon));
  }

  private register(beacon: Beacon): void {
    const { chainId, signer, register } = this.options;
    if (++this.attempts > maxAttempts) {
      this.done({ ok: false, reason: `plot not registered in ${maxAttempts} attempts` });
      return;
    }
    this.bring(beacon, register({ chainId, beacon, nodeId: signer.publicKey }));
  }

  /** Part after part; the answer to the last says whether the plot stands. */
  private bring(beacon: Beacon, [registration, ...more]: readonly PlotRegistration[]): void {
    const { chainId, signer, plot, position, nextSequence } = this.options;
    assert(registration !== undefined, 'a registration has a part');
    const order = { type: 'registerPlot', beacon, registration, position } as const;
    const operation = orderOperation(chainId, signer, nextSequence(), order);
    this.order(operation, (certified) => {
      const result = resultOf(certified);
      if (more.length > 0 && result.type !== 'refused') return this.bring(beacon, more);
      if (result.type !== 'registered' || result.root !== plot.root) {
        return this.register(result.beacon);
      }
      const { sequence } = certified.certificate.statement;
      const { beacon: newest, computeBits } = result;
      this.done({ ok: true, beacon: newest, computeBits, sequence, certified });
    });
  }

  /** The same bytes until a quorum answers: the ledger executes them once. */
  private order(operation: Uint8Array, answered: (certified: CertifiedAnswer) => void): void {
    const { validator, timers, isStopped } = this.options;
    const again = (): void => {
      if (!isStopped()) this.order(operation, answered);
    };
    validator.submit(operation, (outcome) => {
      if (isStopped()) return;
      if (outcome.type === 'certified') answered(outcome.certified);
      else if (outcome.type === 'timeout') again();
      else if (outcome.reason === 'overloaded') timers.after(overloadedDelayMs, again);
      else this.done({ ok: false, reason: outcome.reason });
    });
  }
}
