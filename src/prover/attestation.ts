import type { Digest } from '../base/digest.ts';
import type { Signer } from '../base/signature.ts';
import { orderOperation } from '../ledger/operation.ts';
import { attestationContext } from '../ledger/static-check.ts';
import type { Beacon } from '../proofs/request.ts';
import { challengeOpenings, makeSpace } from '../proofs/space.ts';
import type { AnyPlot } from '../proofs/stored-plot.ts';
import type { Timers } from '../runtime/ports.ts';
import type { Validator } from '../runtime/validator.ts';
import { overloadedDelayMs, resultOf } from './enrolment.ts';

export interface AttestationOptions {
  readonly chainId: Digest;
  readonly signer: Signer;
  readonly plot: AnyPlot;
  readonly validator: Validator;
  readonly timers: Timers;
  /** The node's next sequence, each used once. */
  readonly nextSequence: () => number;
  readonly isStopped: () => boolean;
}

/** Answers the full challenge of every beacon epoch that the node hears of, one at a time. */
export class Attestation {
  private readonly options: AttestationOptions;
  /** Newest epoch whose challenge was answered, at first that of the registration. */
  private attested: number;
  private wanted: Beacon;
  private busy = false;
  private waiting: (() => void)[] = [];

  constructor(options: AttestationOptions, registered: Beacon) {
    this.options = options;
    this.attested = registered.epoch;
    this.wanted = registered;
  }

  /** `done`: the plot is attested in this epoch or a later one. Never called once stopped. */
  keepUp(beacon: Beacon, done: () => void = () => undefined): void {
    if (beacon.epoch > this.wanted.epoch) this.wanted = beacon;
    if (beacon.epoch <= this.attested) return done();
    this.waiting.push(done);
    if (!this.busy) this.attest();
  }

  private attest(): void {
    this.busy = true;
    const { chainId, signer, plot, nextSequence } = this.options;
    const beacon = this.wanted;
    const context = attestationContext(chainId, beacon, signer.publicKey, plot.root);
    const openings = makeSpace(plot, context, challengeOpenings);
    const order = { type: 'attestPlot', beacon, openings } as const;
    this.order(orderOperation(chainId, signer, nextSequence(), order), beacon);
  }

  /** The same bytes until a quorum answers: the ledger executes them once. */
  private order(operation: Uint8Array, beacon: Beacon): void {
    const { validator, timers, isStopped } = this.options;
    validator.submit(operation, (outcome) => {
      if (isStopped()) return;
      if (outcome.type === 'timeout' || outcome.type === 'refused') {
        const hopeless = outcome.type === 'refused' && outcome.reason !== 'overloaded';
        if (hopeless) return this.settle(beacon);
        timers.after(overloadedDelayMs, () => {
          if (!isStopped()) this.order(operation, beacon);
        });
        return;
      }
      const result = resultOf(outcome.certified);
      if (result.beacon.epoch > this.wanted.epoch) this.wanted = result.beacon;
      this.settle(beacon);
    });
  }

  /**
   * Accepted; or refused for a beacon that is gone, and the answer brought the one to attest by; or
   * refused for something that asking again would not change, and the next request will tell.
   */
  private settle(beacon: Beacon): void {
    this.attested = beacon.epoch;
    if (this.wanted.epoch > this.attested) return this.attest();
    this.busy = false;
    for (const done of this.waiting.splice(0)) done();
  }
}
