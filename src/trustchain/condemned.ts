import { toHex } from '../base/bytes.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import { decodeMembership } from '../ledger/membership.ts';
import { readmitOperation } from '../ledger/operation.ts';
import { quorum } from '../pbft/quorum.ts';
import type { ProofFailure } from '../proofs/request.ts';
import { slashedReason } from '../proofs/stake.ts';
import { resultOf } from '../prover/enrolment.ts';
import type { Validator } from '../runtime/validator.ts';
import type { IssuedCertificate } from './certificate-store.ts';

/** A validator whose votes no longer count, by the word of a quorum. */
export interface Condemned {
  readonly publicKey: Uint8Array;
  /**
   * The last sequence at which it is known to have been isolated: what it voted for later, once it
   * was readmitted, counts. Infinity: it lost its place, and gives no more votes.
   */
  readonly until: number;
}

/** How one of the current validators stood at a sequence. */
export interface Standing {
  readonly publicKey: Uint8Array;
  readonly isIsolated: boolean;
  readonly sequence: number;
}

/**
 * Asks the cluster how the current validators stand. The ledger has no operation for the question,
 * but one whose certified refusal is the answer: a readmission that nobody signed. Each look names
 * another isolation, or the ledger would repeat its answer of before. Null: no quorum said.
 */
export async function askStandings(
  epochs: EpochChain,
  validator: Validator,
  look: number,
): Promise<readonly Standing[] | null> {
  const { publicKeys, epoch } = epochs.current.validators;
  const answers = await Promise.all(
    publicKeys.map((publicKey, replica) => ask(validator, publicKey, replica, epoch, look)),
  );
  const said = answers.filter((answer) => answer !== null);
  return said.length === answers.length ? said : null;
}

function ask(
  validator: Validator,
  publicKey: Uint8Array,
  replica: number,
  epoch: number,
  look: number,
): Promise<Standing | null> {
  // Never a sequence there is: no readmission is meant by it.
  const never = Number.MAX_SAFE_INTEGER - look;
  const operation = readmitOperation(replica, never, []);
  return new Promise((resolve) => {
    validator.submit(operation, (outcome) => {
      if (outcome.type !== 'certified') return resolve(null);
      const { certified } = outcome;
      const { statement } = certified.certificate;
      // An answer of another epoch speaks of other replicas under the same numbers.
      if (statement.epoch !== epoch) return resolve(null);
      const result = resultOf(certified);
      if (result.type !== 'refused') return resolve(null);
      const isIsolated = /^isolated at [0-9]+$/.test(result.reason);
      if (!isIsolated && !/ is not isolated$/.test(result.reason)) return resolve(null);
      resolve({ publicKey, isIsolated, sequence: statement.sequence });
    });
  });
}

/**
 * Who lost its place to a standby because it was isolated. The changes of membership say it, which
 * quorums certified: nobody needs to have asked between the isolation and the change.
 */
export function expelledFrom(epochs: EpochChain): readonly Uint8Array[] {
  const last = epochs.changes.at(-1);
  return last === undefined ? [] : decodeMembership(last.membership).expelled;
}

/**
 * DESIGN §7: certificates whose quorum falls short once the votes of these validators no longer
 * count, whatever number they had in the epoch of the vote. To be revoked as `superseded`.
 */
export function restingOn(
  certificates: readonly IssuedCertificate[],
  condemned: readonly Condemned[],
  epochs: EpochChain,
): IssuedCertificate[] {
  const untilOf = new Map(condemned.map(({ publicKey, until }) => [toHex(publicKey), until]));
  return certificates.filter(({ epoch, sequence, voters }) => {
    const members = epochs.at(epoch)?.validators.publicKeys ?? [];
    const standing = voters.filter((replica) => {
      const key = members[replica];
      return key !== undefined && sequence > (untilOf.get(toHex(key)) ?? -1);
    });
    return standing.length < quorum(members.length);
  });
}

/**
 * DESIGN §7: certificates of requesters whose stake was slashed: what vouched for them is gone. To
 * be revoked as `privilegeWithdrawn`.
 */
export function forfeitedBy(
  certificates: readonly IssuedCertificate[],
  slashed: readonly Uint8Array[],
): IssuedCertificate[] {
  const keys = new Set(slashed.map(toHex));
  return certificates.filter(({ nodeId }) => keys.has(toHex(nodeId)));
}

/** True when a quorum says that the account of who asked is slashed. */
export function saysSlashed(failures: readonly ProofFailure[]): boolean {
  return failures.some(({ proof, reason }) => proof === 'stake' && reason === slashedReason);
}
