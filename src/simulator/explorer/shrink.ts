import type { Scenario } from '../../scenario/scenario.ts';
import { legal } from './draw.ts';
import { tryScenario, type Verdict } from './trial.ts';

/** Runs and deliveries spent on making one finding smaller. */
const maxRuns = 400;
const maxDeliveries = 3_000_000;
/** A smaller scenario has another schedule: it gets a few seeds to show the same fault. */
const seedsPerCandidate = 3;

export interface Shrunk {
  readonly scenario: Scenario;
  readonly verdict: Verdict;
  readonly runs: number;
}

/**
 * Removes what a violation does not need: adversaries, timeline events, network faults, requests,
 * clients, replicas. A step counts when the same checker still fires; until no step does.
 */
export function shrink(scenario: Scenario, verdict: Verdict): Shrunk {
  const checker = verdict.violation?.checker;
  let best = { scenario, verdict };
  let runs = 0;
  let deliveries = 0;
  let progress = true;
  const mayRun = (): boolean => runs < maxRuns && deliveries < maxDeliveries;
  while (progress && mayRun()) {
    progress = false;
    for (const candidate of smaller(best.scenario)) {
      for (let i = 0; i < seedsPerCandidate && mayRun(); i++) {
        const seeded = { ...candidate, seed: candidate.seed + i };
        runs++;
        const tried = tryScenario(seeded);
        deliveries += tried.deliveries;
        if (tried.violation?.checker !== checker) continue;
        best = { scenario: seeded, verdict: tried };
        progress = true;
        break;
      }
      if (progress) break;
    }
  }
  return { ...best, runs };
}

/** How many things can be removed from a scenario: what is left is what a person has to read. */
export function atomsOf(scenario: Scenario): number {
  const { adversaries, hostileClients = [], timeline, network, workload } = scenario;
  const { loss, duplicate, reorder } = network;
  const faults = [loss, duplicate, reorder].filter((share) => share > 0).length;
  const misdeeds = hostileClients.reduce((sum, { requests }) => sum + requests, 0);
  return adversaries.length + misdeeds + timeline.length + faults + workload.requests;
}

/** Every scenario one step smaller, the largest steps first. */
function* smaller(scenario: Scenario): Generator<Scenario> {
  const { adversaries, timeline, network, workload } = scenario;
  if (timeline.length > 3) {
    const half = Math.ceil(timeline.length / 2);
    yield { ...scenario, timeline: legal(timeline.slice(0, half)) };
    yield { ...scenario, timeline: legal(timeline.slice(half)) };
  }
  for (const i of timeline.keys()) {
    const rest = legal(timeline.filter((_, other) => other !== i));
    if (rest.length < timeline.length) yield { ...scenario, timeline: rest };
  }
  yield* withoutCrashes(scenario);
  for (const i of adversaries.keys()) {
    yield { ...scenario, adversaries: adversaries.filter((_, other) => other !== i) };
  }
  yield* withWholeParts(scenario);
  yield* withLessHarm(scenario);
  for (const fault of ['loss', 'duplicate', 'reorder'] as const) {
    if (network[fault] > 0) yield { ...scenario, network: { ...network, [fault]: 0 } };
  }
  yield* withFewerRequests(scenario);
  yield* withoutPace(scenario);
  yield* withoutStandbys(scenario);
  yield* withFewerReplicas(scenario);
  const { minMs, maxMs } = network.latency;
  if (minMs < maxMs) {
    yield { ...scenario, network: { ...network, latency: { minMs, maxMs: minMs } } };
  }
  if (workload.kind !== 'nops') {
    yield { ...scenario, workload: { ...workload, kind: 'nops', requestBatch: 1 } };
  }
}

/** An adversary that plays its part as it pleases, from the start, to the end. */
function* withWholeParts(scenario: Scenario): Generator<Scenario> {
  const { adversaries } = scenario;
  for (const [i, { options, ...plain }] of adversaries.entries()) {
    if (options !== undefined) yield { ...scenario, adversaries: adversaries.with(i, plain) };
    if (plain.fromMs === 0 && plain.untilMs === null) continue;
    const whole = { ...adversaries[i]!, fromMs: 0, untilMs: null };
    yield { ...scenario, adversaries: adversaries.with(i, whole) };
  }
}

/** One hostile client fewer, or half of what one does. */
function* withLessHarm(scenario: Scenario): Generator<Scenario> {
  const { hostileClients = [], ...others } = scenario;
  for (const [i, client] of hostileClients.entries()) {
    const rest = hostileClients.filter((_, other) => other !== i);
    yield rest.length === 0 ? others : { ...others, hostileClients: rest };
    if (client.requests === 1) continue;
    const fewer = { ...client, requests: client.requests >> 1 };
    yield { ...others, hostileClients: hostileClients.with(i, fewer) };
  }
}

/** Primaries that propose whenever they may. */
function* withoutPace(scenario: Scenario): Generator<Scenario> {
  const { proposalIntervalMs, ...others } = scenario;
  if (proposalIntervalMs !== undefined) yield others;
}

/** A crash and its restart leave together: either alone is mended by {@link legal}. */
function* withoutCrashes(scenario: Scenario): Generator<Scenario> {
  const { timeline } = scenario;
  for (const [i, event] of timeline.entries()) {
    if (event.type !== 'crash' && event.type !== 'failWrites') continue;
    const end = timeline.findIndex(
      (other, j) => j > i && other.type === 'restart' && other.replica === event.replica,
    );
    yield { ...scenario, timeline: legal(timeline.filter((_, j) => j !== i && j !== end)) };
  }
}

function* withFewerRequests(scenario: Scenario): Generator<Scenario> {
  const { workload } = scenario;
  const { requests, clients, outstanding } = workload;
  for (const fewer of new Set([1, Math.floor(requests / 2), requests - 1])) {
    if (fewer >= 1 && fewer < requests) {
      yield { ...scenario, workload: { ...workload, requests: fewer } };
    }
  }
  if (clients > 1) yield { ...scenario, workload: { ...workload, clients: 1 } };
  if ((workload.requestBatch ?? 1) > 1) {
    yield { ...scenario, workload: { ...workload, requestBatch: 1 } };
  }
  if (outstanding > 1) yield { ...scenario, workload: { ...workload, outstanding: 1 } };
}

/** Without those who stand by, if nothing speaks of them. */
function* withoutStandbys(scenario: Scenario): Generator<Scenario> {
  const { voting, standby } = scenario.replicas;
  const isNamed = scenario.timeline.some(
    (event) =>
      ('replica' in event && event.replica >= voting) ||
      (event.type === 'link' && Math.max(event.from, event.to) >= voting) ||
      (event.type === 'partition' && event.groups.flat().some((index) => index >= voting)),
  );
  if (standby > 0 && !isNamed) yield { ...scenario, replicas: { voting, standby: 0 } };
}

/** Without the last replica, if nothing speaks of it, f stays what the adversaries need. */
function* withFewerReplicas(scenario: Scenario): Generator<Scenario> {
  const n = scenario.replicas.voting - 1;
  const named = [
    ...scenario.adversaries.flatMap(({ replicas }) => replicas),
    ...scenario.timeline.flatMap((event) => {
      if ('replica' in event) return [event.replica];
      return event.type === 'link' ? [event.from, event.to] : [];
    }),
  ];
  const faulty = new Set(scenario.adversaries.flatMap(({ replicas }) => replicas)).size;
  // Standbys are numbered after the voters: they go first.
  if (scenario.replicas.standby > 0) return;
  if (n < 4 || named.includes(n) || faulty > Math.floor((n - 1) / 3)) return;
  const timeline = scenario.timeline.map((event) =>
    event.type === 'partition'
      ? { ...event, groups: event.groups.map((group) => group.filter((index) => index < n)) }
      : event,
  );
  const whole = timeline.every(
    (event) => event.type !== 'partition' || event.groups.every((group) => group.length > 0),
  );
  if (whole) yield { ...scenario, replicas: { voting: n, standby: 0 }, timeline };
}
