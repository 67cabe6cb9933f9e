import { equalBytes } from '../base/bytes.ts';
import type { Membership } from '../ledger/membership.ts';
import { epochChainId, voteVerifier } from '../pbft/envelope.ts';
import type { CheckpointCertificate, ReplicaIndex } from '../pbft/messages.ts';
import { type Address, replicaAddress } from '../runtime/ports.ts';
import type { Seat } from '../runtime/seat.ts';
import type { NodeOptions } from './options.ts';
import { sharedValidators } from './shared-validators.ts';

/** One membership epoch as a node sees it: its seat in it, and where the others are. */
export interface Epoch extends Seat {
  readonly addresses: readonly Address[];
  readonly indexOf: ReadonlyMap<Address, ReplicaIndex>;
  /** Where those who vote are reached, without this node. */
  readonly others: readonly Address[];
  /** Processes that lost their place for a lie: no longer listened to. */
  readonly expelled: readonly number[];
}

/** Members first, by their index; the other participants after them, as followers. */
export function epochOf(
  options: NodeOptions,
  { epoch, members, expelled }: Pick<Membership, 'epoch' | 'members' | 'expelled'>,
  base: CheckpointCertificate | null,
): Epoch {
  const { scheme, parameters, genesis } = options;
  const participants = [...options.validators.publicKeys, ...(options.standbys ?? [])];
  const numberOf = (key: Uint8Array) =>
    participants.findIndex((participant) => equalBytes(participant, key));
  const voting = members.map(numberOf);
  const following = [...participants.keys()].filter((number) => !voting.includes(number));
  const processes = [...voting, ...following];
  const addresses = processes.map(replicaAddress);
  const validators = sharedValidators({
    chainId: epochChainId(genesis.chainId, epoch),
    epoch,
    publicKeys: members,
  });
  const court = { validators, verify: voteVerifier(scheme, validators), parameters };
  const index = processes.indexOf(options.index);
  return {
    epoch,
    court: base === null ? court : { ...court, base },
    index,
    processes,
    addresses,
    indexOf: new Map(addresses.map((address, place) => [address, place])),
    others: addresses.slice(0, members.length).filter((_, place) => place !== index),
    expelled: expelled.map(numberOf),
  };
}

/** The membership that genesis names. */
export function firstEpoch(options: NodeOptions): Epoch {
  const { epoch, publicKeys: members } = options.validators;
  return epochOf(options, { epoch, members, expelled: [] }, null);
}

/** Where those who vote are reached, by index. */
export function membersOf({ addresses, court }: Epoch): readonly Address[] {
  return addresses.slice(0, court.validators.publicKeys.length);
}
