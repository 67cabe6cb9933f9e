import { assert } from '../base/assert.ts';
import type { Random } from '../base/random.ts';
import {
  type Broken,
  brokenKinds,
  parametersFault,
  type WorkloadParameters,
} from './parameters.ts';

/** One certificate request that will be made. */
export interface PlannedRequest {
  /** From 0, over all clients. */
  readonly index: number;
  readonly client: number;
  readonly name: string;
  readonly broken: Broken | null;
}

export function clientDomain(client: number): string {
  return `client-${client}.mesh`;
}

/**
 * Who asks for what: requests go round the clients, the broken ones lie among them wherever the
 * seed puts them. A replay is given to a client that also has an honest request to repeat; where
 * too few clients have one to spare, all replays are one client's.
 */
export function planRequests(parameters: WorkloadParameters, random: Random): PlannedRequest[] {
  const fault = parametersFault(parameters);
  assert(fault === null, `workload: ${fault}`);
  const { requests, clients, invalid } = parameters;
  const broken = new Array<Broken | null>(requests).fill(null);
  const places = random.shuffle(Array.from({ length: requests }, (_, index) => index));
  for (const kind of brokenKinds) {
    if (kind === 'replay') continue;
    for (let i = 0; i < invalid[kind]; i++) broken[places.pop() as number] = kind;
  }
  const replayer = placeReplays(broken, places, invalid.replay, clients);
  return broken.map((kind, index) => {
    const client = kind === 'replay' && replayer !== null ? replayer : index % clients;
    return { index, client, name: `host-${index}.${clientDomain(client)}`, broken: kind };
  });
}

/**
 * `places` are the requests still honest: each client keeps one of its own. Returns the client that
 * makes all replays, null where each is made by the client whose turn it is.
 */
function placeReplays(
  broken: (Broken | null)[],
  places: readonly number[],
  replays: number,
  clients: number,
): number | null {
  const kept = new Map<number, number>();
  let left = replays;
  for (const index of places) {
    if (left === 0) return null;
    const client = index % clients;
    if (kept.has(client)) {
      broken[index] = 'replay';
      left--;
    } else {
      kept.set(client, index);
    }
  }
  if (left === 0) return null;
  const [replayer, ...others] = kept;
  assert(replayer !== undefined && left <= others.length, 'workload: an honest request is left');
  for (const [, index] of others.slice(0, left)) broken[index] = 'replay';
  return replayer[0];
}
