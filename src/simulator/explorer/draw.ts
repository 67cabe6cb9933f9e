import type { Random } from '../../base/random.ts';
import { maxFaulty } from '../../pbft/quorum.ts';
import { noExpectations, noneInvalid } from '../../scenario/defaults.ts';
import {
  type AdversarySpec,
  type BehaviourName,
  behaviourNames,
  hostileNames,
  type Scenario,
  type TimelineEvent,
} from '../../scenario/scenario.ts';

/** Long enough for the longest bound of the progress checker; a run ends when all is answered. */
const promisedMs = 900_000;
/** With more than f replicas faulty or forgetful nobody promises progress: safety is at stake. */
const unpromisedMs = 60_000;
/** Faults fall into this span: most schedules have answered everything soon after. */
const busyMs = 3_000;
/** One schedule in so many issues certificates; the others try the protocol alone. */
const certificateShare = 1 / 64;
/** One schedule in so many has replicas that stand by, and may see a change of members. */
const standbyShare = 1 / 6;
/** One villain in so many is honest in a part of its steps, and harder to tell from bad luck. */
const waveringShare = 1 / 4;
/** One schedule in so many has primaries that wait for company. */
const pacedShare = 1 / 4;
/** One schedule in so many has clients that mean harm. */
const hostileShare = 1 / 8;

/**
 * A whole scenario: replicas, faults, adversaries, timeline, clients. At most f replicas are
 * adversaries, at most f lose a disk, and everything that breaks heals, so every finding is a bug.
 * Biased toward trouble: small windows, several faults at once, the first primaries more often
 * than others.
 */
export function drawScenario(random: Random, seed: number, replicas: Range): Scenario {
  const n = random.between(replicas.min, replicas.max);
  const standby = random.chance(standbyShare) ? random.between(1, 2) : 0;
  const adversaries = drawAdversaries(random, n);
  const certificates = random.chance(certificateShare);
  return inTime({
    name: `explored-${seed}`,
    description: '',
    seed,
    replicas: { voting: n, standby },
    profile: 'localhost',
    transport: 'simulated',
    storage: 'memory',
    signatures: 'ideal',
    durationMs: promisedMs,
    ...drawPace(random.fork('pace')),
    network: drawNetwork(random),
    workload: drawWorkload(random, certificates),
    adversaries,
    ...drawHostileClients(random.fork('hostile clients')),
    timeline: drawTimeline(random, n, n + standby),
    expect: noExpectations,
  });
}

/** The scenario with a duration that leaves time for what is promised of it, and no more. */
export function inTime(scenario: Scenario): Scenario {
  const faulty = new Set(scenario.adversaries.flatMap(({ replicas }) => replicas));
  for (const replica of disksLost(scenario)) faulty.add(replica);
  const isPromised = faulty.size <= maxFaulty(scenario.replicas.voting);
  return { ...scenario, durationMs: isPromised ? promisedMs : unpromisedMs };
}

/** Replicas that lose their disk: at most f may. */
export function disksLost({ timeline }: Scenario): Set<number> {
  const lost = new Set<number>();
  for (const event of timeline) {
    if (event.type === 'restart' && event.disk === 'lost') lost.add(event.replica);
  }
  return lost;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** From a stream of its own. */
function drawPace(random: Random): Pick<Scenario, 'proposalIntervalMs'> {
  return random.chance(pacedShare) ? { proposalIntervalMs: random.pick([5, 20, 50]) } : {};
}

function drawNetwork(random: Random): Scenario['network'] {
  const maxMs = random.pick([2, 5, 5, 20, 50, 200]);
  const latency = { minMs: random.pick([1, 1, maxMs]), maxMs };
  if (random.chance(0.5)) return { latency, loss: 0, duplicate: 0, reorder: 0 };
  return {
    latency,
    loss: random.pick([0, 0.01, 0.05, 0.1, 0.2]),
    duplicate: random.pick([0, 0.05, 0.2]),
    reorder: random.pick([0, 0.1, 0.3]),
  };
}

function drawWorkload(random: Random, certificates: boolean): Scenario['workload'] {
  const shape = { clients: random.between(1, 2), ratePerSecond: null, invalid: noneInvalid };
  if (certificates) {
    const requestBatch = random.fork('request batch').pick([1, 2]);
    return { kind: 'certificates', ...shape, requests: 3, outstanding: 2, requestBatch };
  }
  // More than a checkpoint interval of batches now and then, so that garbage is collected.
  const requests = random.pick([1, 2, 3, 5, 5, 8, 20, 40]);
  const outstanding = random.pick([1, 1, 2, 4, 8]);
  return { kind: 'nops', ...shape, requests, outstanding, requestBatch: 1 };
}

function drawAdversaries(random: Random, n: number): AdversarySpec[] {
  let budget = maxFaulty(n);
  const adversaries: AdversarySpec[] = [];
  // Primaries of the first views do most harm.
  const candidates = random.chance(0.6)
    ? [...Array(n).keys()]
    : random.shuffle([...Array(n).keys()]);
  const together = random.chance(0.3) ? drawBehaviour(random) : null;
  while (budget > 0 && random.chance(0.7)) {
    const replica = candidates.shift();
    if (replica === undefined) break;
    const behaviour = together ?? drawBehaviour(random);
    const fromMs = random.chance(0.8) ? 0 : random.between(1, busyMs);
    const untilMs = random.chance(0.8) ? null : fromMs + random.between(1, busyMs);
    const options = drawOptions(random.fork(`options of ${replica}`));
    adversaries.push({ replicas: [replica], behaviour, ...options, fromMs, untilMs });
    budget--;
  }
  return adversaries;
}

function drawOptions(random: Random): Pick<AdversarySpec, 'options'> {
  if (!random.chance(waveringShare)) return {};
  return { options: { share: random.pick([0.05, 0.2, 0.5, 0.8]) } };
}

export function drawBehaviour(random: Random): BehaviourName {
  return random.pick(behaviourNames);
}

/** A few misdeeds each, in the time when everything else goes wrong. From a stream of its own. */
function drawHostileClients(random: Random): Pick<Scenario, 'hostileClients'> {
  if (!random.chance(hostileShare)) return {};
  const hostileClients = Array.from({ length: random.between(1, 2) }, () => {
    const fromMs = random.pick([0, 0, random.between(1, busyMs)]);
    const untilMs = random.chance(0.5) ? null : fromMs + random.between(1, busyMs);
    return {
      behaviour: random.pick(hostileNames),
      requests: random.pick([1, 2, 4, 8, 30]),
      fromMs,
      untilMs,
    };
  });
  return { hostileClients };
}

function drawTimeline(random: Random, n: number, processes: number): TimelineEvent[] {
  const events: TimelineEvent[] = [];
  let disks = maxFaulty(n);
  while (events.length < 8 && random.chance(0.6)) {
    const fault = drawFault(random, processes, random.between(0, busyMs), disks > 0);
    if (fault.some((event) => event.type === 'restart' && event.disk === 'lost')) disks--;
    events.push(...fault);
  }
  return legal(events);
}

const faultKinds = [
  'crash',
  'crash',
  'partition',
  'partition',
  'link',
  'clock',
  'failWrites',
] as const;

/** One fault and what ends it. `atMs` may have fractions: down to one microsecond. */
export function drawFault(
  random: Random,
  n: number,
  atMs: number,
  mayLoseDisk: boolean,
): TimelineEvent[] {
  const forMs = random.pick([5, 50, 500, random.between(1, 5_000)]);
  const replica = random.chance(0.4) ? 0 : random.below(n);
  switch (random.pick(faultKinds)) {
    case 'crash': {
      const disk = mayLoseDisk && random.chance(0.3) ? 'lost' : 'kept';
      return [
        { type: 'crash', atMs, replica },
        { type: 'restart', atMs: atMs + forMs, replica, disk },
      ];
    }
    case 'failWrites':
      // Down at its next write, for as long as whoever mends it takes.
      return [
        { type: 'failWrites', atMs, replica, writes: random.pick([1, 1, 3]) },
        { type: 'restart', atMs: atMs + forMs, replica, disk: 'kept' },
      ];
    case 'partition':
      return [{ type: 'partition', atMs, groups: drawGroups(random, n), forMs }];
    case 'link': {
      const to = (replica + random.between(1, n - 1)) % n;
      return [{ type: 'link', atMs, from: replica, to, loss: 1, forMs }];
    }
    case 'clock': {
      const offsetMs = random.pick([-60_000, -4_000, 1_000, 4_000, 60_000]);
      return [
        { type: 'clock', atMs, replica, offsetMs },
        { type: 'clock', atMs: atMs + forMs, replica, offsetMs: 0 },
      ];
    }
  }
}

function drawGroups(random: Random, n: number): number[][] {
  const order = random.shuffle([...Array(n).keys()]);
  const cut = random.between(1, n - 1);
  return [order.slice(0, cut), order.slice(cut)];
}

/**
 * The same faults as a scenario file may hold them: in order of time, nobody crashes who is down,
 * and everyone comes back.
 */
export function legal(events: readonly TimelineEvent[]): TimelineEvent[] {
  const down = new Set<number>();
  const kept: TimelineEvent[] = [];
  const whole = events.map((event) => ({ ...event, atMs: Math.round(event.atMs * 1000) / 1000 }));
  for (const event of whole.toSorted((a, b) => a.atMs - b.atMs)) {
    if (event.type === 'crash' || event.type === 'failWrites') {
      if (down.has(event.replica)) continue;
      down.add(event.replica);
    }
    if (event.type === 'restart') {
      if (!down.delete(event.replica)) continue;
    }
    kept.push(event);
  }
  const endMs = Math.max(0, ...kept.map(({ atMs }) => atMs));
  for (const replica of down) {
    const atMs = Math.round((endMs + 1) * 1000) / 1000;
    kept.push({ type: 'restart', atMs, replica, disk: 'kept' });
  }
  return kept;
}
