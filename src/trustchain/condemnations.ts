import { fromHex, toHex } from '../base/bytes.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import type { Validator } from '../runtime/validator.ts';
import type { CertificateAuthority } from './authority.ts';
import { askStandings, type Condemned, expelledFrom, restingOn } from './condemned.ts';

export type CondemnationNotice =
  | { readonly type: 'condemned'; readonly publicKey: Uint8Array }
  /** `superseded`: its quorum falls short; `privilegeWithdrawn`: who asked for it was slashed. */
  | {
      readonly type: 'revoked';
      readonly serial: string;
      readonly reason: 'superseded' | 'privilegeWithdrawn';
    };

export interface CondemnationsOptions {
  readonly authority: CertificateAuthority;
  readonly epochs: EpochChain;
  readonly validator: Validator;
  readonly onNotice: (notice: CondemnationNotice) => void;
}

/**
 * Follows whom the cluster condemned, and takes back what rests on them (DESIGN §7). Whoever looks
 * often sees to it that nothing rests on them for long; nothing has to be remembered over a
 * restart, for the cluster says it again.
 */
export class Condemnations {
  private readonly options: CondemnationsOptions;
  /** By key in hex: {@link Condemned.until}. Who was readmitted stays: that is what it bounds. */
  private readonly untilOf = new Map<string, number>();

  constructor(options: CondemnationsOptions) {
    this.options = options;
  }

  /** `look`: another number each time, for ever. False when no quorum said how things stand. */
  async look(look: number): Promise<boolean> {
    const { epochs, validator } = this.options;
    const standings = await askStandings(epochs, validator, look);
    for (const { publicKey, isIsolated, sequence } of standings ?? []) {
      if (isIsolated) this.condemn(publicKey, sequence);
    }
    // After the question: its answers may have brought a change of membership.
    for (const publicKey of expelledFrom(epochs)) this.condemn(publicKey, Number.POSITIVE_INFINITY);
    this.revoke();
    return standings !== null;
  }

  private condemn(publicKey: Uint8Array, until: number): void {
    const key = toHex(publicKey);
    const before = this.untilOf.get(key);
    this.untilOf.set(key, Math.max(before ?? 0, until));
    if (before === undefined) this.options.onNotice({ type: 'condemned', publicKey });
  }

  private revoke(): void {
    const { authority, epochs, onNotice } = this.options;
    const { revocations, store } = authority;
    const condemned = [...this.untilOf].map(([key, until]): Condemned => {
      return { publicKey: fromHex(key) ?? new Uint8Array(), until };
    });
    if (condemned.length === 0) return;
    // The same decision slashed their stakes: what they asked for themselves goes with them.
    const keys = condemned.map(({ publicKey }) => publicKey);
    for (const { serial } of revocations.withdraw(keys)) {
      onNotice({ type: 'revoked', serial, reason: 'privilegeWithdrawn' });
    }
    const inForce = store.all().filter(({ serial }) => revocations.get(serial) === null);
    for (const { serial } of restingOn(inForce, condemned, epochs)) {
      revocations.revoke(serial, 'superseded', { by: 'operator' }, ({ type }) => {
        // After a failed write nothing is issued any more, and a restart looks again.
        if (type === 'revoked') onNotice({ type, serial, reason: 'superseded' });
      });
    }
  }
}
