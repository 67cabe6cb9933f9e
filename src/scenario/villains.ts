import { cast, type Role, type RoleOptions } from '../adversaries/cast.ts';
import type { AdversaryKit } from '../adversaries/kit.ts';
import { equalBytes } from '../base/bytes.ts';
import { Random } from '../base/random.ts';
import type { Signer } from '../base/signature.ts';
import { decodeOperation, isolateOperation } from '../ledger/operation.ts';
import { createReplica } from '../pbft/create.ts';
import type { Operation } from '../pbft/messages.ts';
import type { Behaviour } from '../pbft/replica.ts';
import type { Seat } from '../runtime/seat.ts';
import type { Scenario } from './scenario.ts';
import type { RunEvent } from './trace.ts';

export interface VillainOptions {
  readonly scenario: Scenario;
  readonly replica: number;
  readonly signer: Signer;
  /** Start of the run on the replica's own clock, milliseconds since 1970. */
  readonly startMs: number;
  /** Node key of a client of the workload. */
  readonly clientKey: (client: number) => Uint8Array;
  /** It does for the first time what no honest replica would. */
  readonly onDeparture?: (departure: Departure) => void;
}

/** A trace's word for it. */
export type Departure = Omit<Extract<RunEvent, { type: 'fault' }>, 'type' | 'atMs'>;

/** Replicas that a scenario makes faulty, ascending; all others are correct. */
export function adversariesOf(scenario: Scenario): readonly number[] {
  const replicas = scenario.adversaries.flatMap((adversary) => adversary.replicas);
  return [...new Set(replicas)].toSorted((a, b) => a - b);
}

/**
 * What a villain is in one membership epoch after the other; each has a part of its own to play.
 */
export type VillainAt = (seat: Seat) => Behaviour | null;

/** What the scenario makes of this replica, null when it is honest throughout. */
export function villainOf(options: VillainOptions): VillainAt | null {
  const { scenario, replica, startMs } = options;
  if (!adversariesOf(scenario).includes(replica)) return null;
  return (seat) => {
    let roles = 0;
    const makeKit = (role: Role, conspirators: readonly number[]) =>
      kitFor(options, seat, { number: roles++, ...role.options }, conspirators);
    return cast(scenario.adversaries, replica, makeKit, startMs, ({ behaviour }) => {
      const detail = `replica ${replica} breaks the protocol: ${behaviour}`;
      options.onDeparture?.({ what: 'adversary', replicas: [replica], detail });
    });
  };
}

function kitFor(
  options: VillainOptions,
  { epoch, index, court, processes }: Seat,
  { number, client, victims, favourite, ...same }: RoleOptions & { readonly number: number },
  conspirators: readonly number[],
): AdversaryKit {
  const { scenario, replica, signer } = options;
  const { validators, parameters } = court;
  const n = validators.publicKeys.length;
  // Epoch 0 goes without a name, so that what was found in it is found again.
  const chapter = epoch === 0 ? '' : `/epoch-${epoch}`;
  const placesOf = (some: readonly number[]) => {
    const places = some.map((process) => processes.indexOf(process));
    return places.filter((place) => place >= 0 && place < n).toSorted((a, b) => a - b);
  };
  const [preferred] = placesOf(favourite === undefined ? [] : [favourite]);
  return {
    index,
    n,
    chainId: validators.chainId,
    epoch,
    signer,
    parameters,
    random: new Random(`${scenario.seed}/adversary-${replica}/${number}${chapter}`),
    conspirators: placesOf(conspirators),
    planSeed: `${scenario.seed}/plan${chapter}`,
    accusation: isolateOperation,
    spawnTwin: () => createReplica({ ...court, index, signer }),
    ...(client === undefined ? {} : { isVictim: isOf(options.clientKey(client)) }),
    options: {
      ...same,
      ...(victims === undefined ? {} : { victims: placesOf(victims) }),
      ...(preferred === undefined ? {} : { favourite: preferred }),
    },
  };
}

/** True for what this node asks of the ledger: its certificates, and its orders. */
function isOf(nodeId: Uint8Array): (operation: Operation) => boolean {
  return (operation) => {
    const decoded = decodeOperation(operation);
    if (!decoded.ok) return false;
    const { value } = decoded;
    if (value.type === 'validate') return equalBytes(value.request.subject.nodeId, nodeId);
    if (value.type === 'order') return equalBytes(value.nodeId, nodeId);
    const [first] = value.type === 'validateBatch' ? value.batch.requests : [];
    return first !== undefined && equalBytes(first.subject.nodeId, nodeId);
  };
}
