import { equalBytes } from '../base/bytes.ts';
import type { Digest } from '../base/digest.ts';
import type { SignatureScheme } from '../base/signature.ts';
import { decodeMembership, type Membership } from '../ledger/membership.ts';
import { stateKeys } from '../ledger/state.ts';
import { verifyStatePath } from '../ledger/state-tree.ts';
import { checkCheckpointCertificate } from '../pbft/certificates.ts';
import { epochChainId, voteVerifier } from '../pbft/envelope.ts';
import type { CheckpointCertificate, MessageOf, ReplicaIndex } from '../pbft/messages.ts';
import type { Reason } from '../pbft/reason.ts';
import type { Court, Parameters } from '../pbft/replica.ts';
import type { Address } from '../runtime/ports.ts';

/** A process of the cluster, voting or not: its key and where it is reached, for good. */
export interface Participant {
  readonly publicKey: Uint8Array;
  readonly address: Address;
}

/** One membership epoch as a node sees it: how to judge, and who is who. */
export interface Epoch {
  readonly number: number;
  readonly court: Court;
  /** This node's index: below n it votes, from n on it follows. */
  readonly index: ReplicaIndex;
  readonly addresses: readonly Address[];
  readonly indexOf: ReadonlyMap<Address, ReplicaIndex>;
}

interface EpochOptions {
  readonly chainId: Digest;
  readonly scheme: SignatureScheme;
  readonly parameters: Parameters;
  readonly participants: readonly Participant[];
  /** Which of the participants this node is. */
  readonly self: number;
}

/** Members first, by their index; the other participants after them, as followers. */
export function epochOf(
  options: EpochOptions,
  { epoch, members }: Pick<Membership, 'epoch' | 'members'>,
  base: CheckpointCertificate | null,
): Epoch {
  const { participants, self, chainId, scheme, parameters } = options;
  const isMember = ({ publicKey }: Participant) =>
    members.some((member) => equalBytes(member, publicKey));
  const voting = members.map((key) =>
    participants.find(({ publicKey }) => equalBytes(publicKey, key)),
  );
  const following = participants.filter((participant) => !isMember(participant));
  const order = [...voting, ...following];
  const addresses = order.map((participant) => participant?.address ?? '');
  const validators = {
    chainId: epochChainId(chainId, epoch),
    epoch,
    publicKeys: members,
  };
  const court = { validators, verify: voteVerifier(scheme, validators), parameters };
  return {
    number: epoch,
    court: base === null ? court : { ...court, base },
    index: order.indexOf(participants[self]),
    addresses,
    indexOf: new Map(addresses.map((address, index) => [address, index])),
  };
}

export type EpochChange = MessageOf<'epochChange'>;

/** Why this change does not follow on the epoch whose court judges it, or null. */
export function rejectEpochChange(change: EpochChange, court: Court): Reason | null {
  const { certificate, membership, path } = change;
  const { validators, verify, parameters } = court;
  const { checkpointInterval } = parameters;
  const reason = checkCheckpointCertificate(certificate, checkpointInterval, validators, verify);
  if (reason !== null) return reason;
  const { stateDigest } = certificate.statement;
  if (!verifyStatePath(stateDigest, stateKeys.membership, membership, path)) {
    return 'the membership is not in the certified state';
  }
  const { epoch } = decodeMembership(membership);
  return epoch === validators.epoch + 1 ? null : `epoch ${epoch} after ${validators.epoch}`;
}
