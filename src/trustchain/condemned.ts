import { toHex } from '../base/bytes.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import { readmitOperation } from '../ledger/operation.ts';
import { quorum } from '../pbft/quorum.ts';
import type { ProofFailure } from '../proofs/request.ts';
import { slashedReason } from '../proofs/stake.ts';
import { resultOf } from '../prover/enrolment.ts';
import type { Validator } from '../runtime/validator.ts';
import type { IssuedCertificate } from './certificate-store.ts';

/** A validator that the cluster has isolated, by the word of a quorum. */
export interface Condemned {
  readonly publicKey: Uint8Array;
  /** Sequence of the isolation. */
  readonly isolatedAt: number;
}

/**
 * Asks the cluster who of the current validators is isolated. The ledger has no operation for the
 * question, but one whose certified refusal is the answer: a readmission that nobody signed. Each
 * look names another isolation, or the ledger would repeat its answer of before.
 */
export async function askCondemned(
  epochs: EpochChain,
  validator: Validator,
  look: number,
): Promise<readonly Condemned[] | null> {
  const { publicKeys, epoch } = epochs.current.validators;
  const answers = await Promise.all(
    publicKeys.map((publicKey, replica) => ask(validator, publicKey, replica, epoch, look)),
  );
  if (answers.some((answer) => answer === undefined)) return null;
  return answers.filter((answer) => answer !== null && answer !== undefined);
}

/** Null: in good standing; undefined: no quorum said. */
function ask(
  validator: Validator,
  publicKey: Uint8Array,
  replica: number,
  epoch: number,
  look: number,
): Promise<Condemned | null | undefined> {
  // Never a sequence there is: no readmission is meant by it.
  const never = Number.MAX_SAFE_INTEGER - look;
  const operation = readmitOperation(replica, never, []);
  return new Promise((resolve) => {
    validator.submit(operation, (outcome) => {
      if (outcome.type !== 'certified') return resolve(undefined);
      const { certified } = outcome;
      // An answer of another epoch speaks of other replicas under the same numbers.
      if (certified.certificate.statement.epoch !== epoch) return resolve(undefined);
      const result = resultOf(certified);
      if (result.type !== 'refused') return resolve(undefined);
      const isolatedAt = /^isolated at ([0-9]+)$/.exec(result.reason)?.[1];
      if (isolatedAt !== undefined) return resolve({ publicKey, isolatedAt: Number(isolatedAt) });
      resolve(/ is not isolated$/.test(result.reason) ? null : undefined);
    });
  });
}

/**
 * DESIGN §7: certificates whose quorum falls short once the votes of these validators no longer
 * count, whatever number they had in the epoch of the vote. To be revoked as `superseded`.
 */
export function restingOn(
  certificates: readonly IssuedCertificate[],
  condemned: readonly Uint8Array[],
  epochs: EpochChain,
): IssuedCertificate[] {
  const keys = new Set(condemned.map(toHex));
  return certificates.filter(({ epoch, voters }) => {
    const members = epochs.at(epoch)?.validators.publicKeys ?? [];
    const standing = voters.filter((replica) => {
      const key = members[replica];
      return key !== undefined && !keys.has(toHex(key));
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
