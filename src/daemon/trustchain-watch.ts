import type { Logger } from 'pino';
import { toHex } from '../base/bytes.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { NodeProver } from '../prover/node-prover.ts';
import type { Clock, Timers } from '../runtime/ports.ts';
import type { Validator } from '../runtime/validator.ts';
import type { CertificateAuthority } from '../trustchain/authority.ts';
import { type CondemnationNotice, Condemnations } from '../trustchain/condemnations.ts';

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
  private readonly condemnations: Condemnations;
  private kept = '';
  private looks = 0;
  private cancel: () => void = () => undefined;
  private stopped = false;

  constructor(options: WatchOptions) {
    this.options = options;
    const onNotice = this.tell.bind(this);
    this.condemnations = new Condemnations({ ...options, onNotice });
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
    // The clock makes every process's looks other operations than those of the one before it.
    await this.condemnations.look(this.options.clock.nowMs() + this.looks++);
  }

  private tell(notice: CondemnationNotice): void {
    const { log } = this.options;
    if (notice.type === 'revoked') {
      const { serial, reason } = notice;
      log.warn({ serial, reason }, 'revoked: the cluster condemned who vouched for it');
    } else {
      log.warn({ validator: toHex(notice.publicKey) }, 'the cluster condemned a validator');
    }
  }
}
