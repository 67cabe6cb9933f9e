import { equalBytes } from '../base/bytes.ts';
import { memo } from '../base/memo.ts';
import { decodeMembership, type Membership } from '../ledger/membership.ts';
import { epochChainId, voteVerifier } from '../pbft/envelope.ts';
import type { CheckpointCertificate, ReplicaIndex } from '../pbft/messages.ts';
import { type Address, replicaAddress } from '../runtime/ports.ts';
import type { Seat } from '../runtime/seat.ts';
import type { EpochHistory } from './epoch-history.ts';
import type { Courts } from './evidence-court.ts';
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

/** What is the same in an epoch for every node. */
type Roster = Omit<Epoch, 'index' | 'others'>;

/** Members first, by their index; the other participants after them, as followers. */
function rosterOf(
  options: NodeOptions,
  { epoch, members, expelled }: Pick<Membership, 'epoch' | 'members' | 'expelled'>,
  base: CheckpointCertificate | null,
): Roster {
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
  return {
    epoch,
    court: base === null ? court : { ...court, base },
    processes,
    addresses,
    indexOf: new Map(addresses.map((address, place) => [address, place])),
    expelled: expelled.map(numberOf),
  };
}

/** This node's place in a roster. */
function placedIn(roster: Roster, process: number): Epoch {
  const index = roster.processes.indexOf(process);
  const others = membersOf(roster).filter((_, place) => place !== index);
  return { ...roster, index, others };
}

/** A later epoch, as the state at its beginning names it. */
export function epochOf(
  options: NodeOptions,
  membership: Pick<Membership, 'epoch' | 'members' | 'expelled'>,
  base: CheckpointCertificate,
): Epoch {
  return placedIn(rosterOf(options, membership, base), options.index);
}

interface FirstRoster {
  readonly roster: Roster;
  readonly standbys: NodeOptions['standbys'] | undefined;
  readonly of: Pick<NodeOptions, 'parameters' | 'scheme' | 'genesis'>;
}

/** By the validators of epoch 0: nodes of one process (the simulator's) look at one roster. */
const firstRosters = memo<FirstRoster>();

/** The membership that genesis names. */
export function firstEpoch(options: NodeOptions): Epoch {
  const { validators, standbys, parameters, scheme, genesis } = options;
  const known = firstRosters.get(validators);
  const fits =
    known?.standbys === standbys &&
    known?.of.parameters === parameters &&
    known.of.scheme === scheme &&
    known.of.genesis === genesis;
  if (known !== undefined && fits) return placedIn(known.roster, options.index);
  const { epoch, publicKeys: members } = validators;
  const roster = rosterOf(options, { epoch, members, expelled: [] }, null);
  firstRosters.set(validators, { roster, standbys, of: { parameters, scheme, genesis } });
  return placedIn(roster, options.index);
}

/** Who judges evidence in an epoch other than the first: the epoch before is judged there, too. */
export function courtsOf(
  options: NodeOptions,
  history: Pick<EpochHistory, 'beginning'>,
  { epoch, court }: Epoch,
): Courts {
  const change = history.beginning(epoch - 1);
  if (change === null) return [court, firstEpoch(options).court];
  return [court, rosterOf(options, decodeMembership(change.membership), change.certificate).court];
}

/** Where those who vote are reached, by index. */
export function membersOf({
  addresses,
  court,
}: Pick<Epoch, 'addresses' | 'court'>): readonly Address[] {
  return addresses.slice(0, court.validators.publicKeys.length);
}
