import { checkResultCertificate } from '../pbft/certificates.ts';
import type { MessageOf } from '../pbft/messages.ts';
import type { Reason } from '../pbft/reason.ts';
import type { Court } from '../pbft/replica.ts';
import { decodeMembership } from './membership.ts';
import { stateKeys } from './state.ts';
import { verifyStatePath } from './state-tree.ts';

/** The end of one membership epoch and the beginning of the next, in the former's own words. */
export type EpochChange = MessageOf<'epochChange'>;

/**
 * Why this change does not follow on the epoch of `validators`, or null. A quorum of them certified
 * the state, and the state holds the next membership only after the epoch's last sequence: so the
 * certificate is of that very sequence, whoever shows it.
 */
export function rejectEpochChange(
  { certificate, membership, path }: EpochChange,
  { validators, verify }: Pick<Court, 'validators' | 'verify'>,
): Reason | null {
  const reason = checkResultCertificate(certificate, validators, verify);
  if (reason !== null) return reason;
  const { stateDigest } = certificate.statement;
  if (!verifyStatePath(stateDigest, stateKeys.membership, membership, path)) {
    return 'the membership is not in the certified state';
  }
  const { epoch } = decodeMembership(membership);
  return epoch === validators.epoch + 1 ? null : `epoch ${epoch} after ${validators.epoch}`;
}
