import { setImmediate } from 'node:timers/promises';
import { utf8 } from '../../base/bytes.ts';
import { requestDigest } from '../../pbft/envelope.ts';
import { n, processes, TwinsCluster } from './twins-cluster.ts';

/** One round: who hears whom, then how often everybody's patience runs out. */
export interface Round {
  /** The group of each of the five processes; the last is the twin. */
  readonly groups: readonly number[];
  /** View changes after it: 0 stays with the primary, 1 tries the next, 2 skips one. */
  readonly timeouts: number;
}

export interface TwinsScenario {
  readonly twinned: number;
  readonly rounds: readonly Round[];
}

export interface TwinsFinding {
  readonly scenario: TwinsScenario;
  readonly fault: string;
}

export interface TwinsOptions {
  readonly rounds: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, all: number) => void;
}

export interface TwinsEnumeration {
  readonly rounds: number;
  /** Scenarios there are within the bounds, and those that were tried. */
  readonly all: number;
  readonly tried: number;
  /** The first few that went wrong. */
  readonly found: readonly TwinsFinding[];
}

const maxTimeouts = 2;
/** Two groups at most, and process 0 is in the first: the same split has one name. */
const splits = 2 ** (processes - 1);
/** After the rounds the network heals; this often all may ask, wait and change views. */
const healingCycles = 10;
/** Handed to everybody when the network is whole again: it must be decided. */
const lastRequest = 'at last';
const lastDigest = requestDigest(utf8(lastRequest));
const maxFound = 5;
const sliceMs = 50;

/**
 * Every schedule of `rounds` rounds for n = 4: which replica is twinned, how the five processes
 * are split in each round, and whose turn as primary follows. Each is played to its end, then
 * healed: no two correct replicas may decide differently, nobody correct be accused, and in the
 * end all must have decided.
 */
export async function enumerateTwins(options: TwinsOptions): Promise<TwinsEnumeration> {
  const all = countTwins(options.rounds);
  const found: TwinsFinding[] = [];
  let tried = 0;
  let sliceBegunMs = performance.now();
  for (; tried < all && found.length < maxFound; tried++) {
    const scenario = twinsScenario(tried, options.rounds);
    const fault = playTwins(scenario);
    if (fault !== null) found.push({ scenario, fault });
    if (performance.now() - sliceBegunMs < sliceMs) continue;
    options.onProgress?.(tried, all);
    await setImmediate();
    if (options.signal?.aborted) break;
    sliceBegunMs = performance.now();
  }
  return { rounds: options.rounds, all, tried, found };
}

/** How many there are: the last round needs no timeout, the healing brings its own. */
export function countTwins(rounds: number): number {
  return n * splits ** rounds * (maxTimeouts + 1) ** (rounds - 1);
}

/** The scenario of this number, from 0. */
export function twinsScenario(number: number, rounds: number): TwinsScenario {
  let left = number;
  const take = (choices: number): number => {
    const choice = left % choices;
    left = Math.floor(left / choices);
    return choice;
  };
  const twinned = take(n);
  const played = Array.from({ length: rounds }, (_, i): Round => {
    const split = take(splits) * 2;
    const groups = Array.from({ length: processes }, (_, process) => (split >>> process) & 1);
    return { groups, timeouts: i === rounds - 1 ? 0 : take(maxTimeouts + 1) };
  });
  return { twinned, rounds: played };
}

/** What goes wrong in it, or null. */
export function playTwins({ twinned, rounds }: TwinsScenario): string | null {
  const cluster = new TwinsCluster(twinned);
  for (const [number, { groups, timeouts }] of rounds.entries()) {
    for (const group of new Set(groups)) cluster.request(groups, group, `${number}/${group}`);
    cluster.deliver(groups);
    for (let i = 0; i < timeouts; i++) {
      cluster.expire(['request', 'viewChange']);
      cluster.deliver(groups);
    }
    if (cluster.fault !== null) return cluster.fault;
  }
  return heal(cluster);
}

function heal(cluster: TwinsCluster): string | null {
  const whole = new Array<number>(processes).fill(0);
  cluster.request(whole, 0, lastRequest);
  for (let cycle = 0; cycle < healingCycles; cycle++) {
    cluster.deliver(whole);
    // Twice: a replica is helped on when it says the same again.
    for (let i = 0; i < 2; i++) {
      cluster.expire(['status']);
      cluster.deliver(whole);
    }
    if (cluster.fault !== null) return cluster.fault;
    if (isSettled(cluster)) return null;
    cluster.expire(['request', 'viewChange']);
  }
  return `no end after ${healingCycles} views without a partition`;
}

/** All correct replicas are equally far, past the request that all of them were handed. */
function isSettled(cluster: TwinsCluster): boolean {
  const correct = cluster.all.filter((_, process) => cluster.isCorrect(process));
  const executed = new Set(correct.map(({ replica }) => replica.state.lastExecuted));
  const waits = correct.some(({ replica }) => replica.state.pending.has(lastDigest));
  return executed.size === 1 && !waits;
}
