import type { Logger } from 'pino';
import { toHex } from '../base/bytes.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { NodeProver } from '../prover/node-prover.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import type { Validator } from '../runtime/validator.ts';
import type { CertificateAuthority } from '../trustchain/authority.ts';
import { askCondemned, restingOn } from '../trustchain/condemned.ts';

/** Between two looks at how things stand with the cluster. */
const lookMs = 20_000;
/** A quorum heard longer ago than this is one that may be gone. */
export const quorumFreshMs = 3 * lookMs;

export interface WatchOptions {
  readonly authority: CertificateAuthority;
  readonly epochs: EpochChain;
  readonly prover: NodeProver;
  readonly validator: Validator;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Called with the text of `validators.json` whenever it says something new. */
  readonly keepValidators: (json: string) => void;
  readonly log: Logger;
}

/**
 * What TrustChain does unasked: it keeps up with the beacon, asks again for votes that did not come
 * back, follows the membership, and revokes what rests on validators that the cluster condemned.
 */
export class TrustchainWatch {
  private readonly options: WatchOptions;
  private readonly condemned = new Set<string>();
  private kept = '';
  private looks = 0;
  private cancel: () => void = () => undefined;
  private stopped = false;

  constructor(options: WatchOptions) {
    this.options = options;
  }

  start(): void {
    this.keepValidators();
    this.next();
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  private next(): void {
    if (this.stopped) return;
    this.cancel = this.options.timers.after(lookMs, () => {
      this.look().then(
        () => this.next(),
        (error: unknown) => {
          this.options.log.error({ err: error }, 'a look at the cluster failed');
          this.next();
        },
      );
    });
  }

  private async look(): Promise<void> {
    const { authority, prover } = this.options;
    authority.resume();
    if (prover.terms !== null) {
      await new Promise<void>((resolve) => {
        prover.signal.addEventListener('abort', () => resolve(), { once: true });
        prover.refresh(() => resolve());
      });
    }
    if (this.stopped) return;
    this.keepValidators();
    await this.revokeFallen();
  }

  private keepValidators(): void {
    const { authority, keepValidators } = this.options;
    const json = authority.validatorsJson;
    if (json === this.kept) return;
    keepValidators(json);
    this.kept = json;
  }

  private async revokeFallen(): Promise<void> {
    const { authority, epochs, validator, clock, log } = this.options;
    // The clock makes every process's looks other operations than those of the one before it.
    const look = clock.nowMs() + this.looks++;
    const found = await askCondemned(epochs, validator, look);
    if (found === null || this.stopped) return;
    const news = found.filter(({ publicKey }) => !this.condemned.has(toHex(publicKey)));
    for (const { publicKey, isolatedAt } of news) {
      this.condemned.add(toHex(publicKey));
      log.warn({ validator: toHex(publicKey), isolatedAt }, 'the cluster isolated a validator');
    }
    // Those of before count on: a later vote of theirs may have been in flight.
    const keys = [...this.condemned].map((key) => new Uint8Array(Buffer.from(key, 'hex')));
    if (keys.length === 0) return;
    // The same decision slashed their stakes: what they asked for themselves goes with them.
    for (const { serial } of authority.revocations.withdraw(keys)) {
      log.warn({ serial }, 'revoked: the stake of who asked for it was slashed');
    }
    const inForce = authority.store
      .all()
      .filter(({ serial }) => authority.revocations.get(serial) === null);
    for (const { serial } of restingOn(inForce, keys, epochs)) {
      authority.revocations.revoke(serial, 'superseded', { by: 'operator' }, (outcome) => {
        log.warn({ serial, outcome: outcome.type }, 'revoked: its quorum falls short');
      });
    }
  }
}
