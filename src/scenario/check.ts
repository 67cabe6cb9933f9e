import { formatDuration } from './quantity.ts';
import type { AdversarySpec, Scenario, TimelineEvent } from './scenario.ts';
import type { YamlDocument } from './yaml-source.ts';

type Path = readonly (string | number)[];

/**
 * What a scenario must hold beyond the shape of its parts. Complains to `document`, at the place
 * the file wrote, about everything that does not.
 */
export function checkScenario(scenario: Scenario, document: YamlDocument): void {
  const complain = (path: Path, allowed: string, found?: string) =>
    document.complain(document.locate(path), allowed, found);
  checkSignatures(scenario, complain);
  checkKind(scenario, complain);
  checkInvalid(scenario, complain);
  checkLinks(scenario, complain);
  checkAdversaries(scenario, complain);
  checkTimeline(scenario, complain);
  checkExpectedReplicas(scenario, complain);
}

type Complain = (path: Path, allowed: string, found?: string) => void;

function checkSignatures({ signatures, transport }: Scenario, complain: Complain): void {
  if (signatures === 'ideal' && transport === 'libp2p') {
    complain(['signatures'], 'ed25519 on transport libp2p; ideal only on transport simulated');
  }
}

function checkKind({ workload, transport }: Scenario, complain: Complain): void {
  if (workload.kind !== 'nops') return;
  if (transport === 'libp2p') {
    complain(['workload', 'kind'], 'certificates on transport libp2p; nops only when simulated');
  }
  if (Object.values(workload.invalid).some((count) => count > 0)) {
    complain(['workload', 'invalid'], 'nothing for nops: they carry no proofs to break');
  }
}

function checkInvalid({ workload }: Scenario, complain: Complain): void {
  const broken = Object.values(workload.invalid).reduce((sum, count) => sum + count, 0);
  if (broken > workload.requests) {
    const allowed = `at most ${workload.requests}, the number of requests`;
    complain(['workload', 'invalid'], allowed, `${broken} broken requests in all`);
  }
  if (workload.invalid.replay > 0 && broken >= workload.requests) {
    const allowed = 'a replay needs at least one honest request to repeat';
    complain(['workload', 'invalid', 'replay'], allowed);
  }
}

function checkIndex({ replicas }: Scenario, index: number, path: Path, complain: Complain): void {
  const count = replicas.voting + replicas.standby;
  if (index < count) return;
  complain(path, `a replica from 0 to ${count - 1}`, `replica ${index}`);
}

function checkLinks(scenario: Scenario, complain: Complain): void {
  scenario.network.links?.forEach(({ between: [one, other] }, i) => {
    const path = ['network', 'links', i, 'between'];
    for (const index of [...one, ...other]) checkIndex(scenario, index, path, complain);
    if (one.some((index) => other.includes(index))) {
      complain(path, 'each replica in one group only');
    }
  });
}

function checkAdversaries(scenario: Scenario, complain: Complain): void {
  scenario.adversaries.forEach((adversary: AdversarySpec, i) => {
    const { replicas, fromMs, untilMs } = adversary;
    for (const index of replicas) {
      checkIndex(scenario, index, ['adversaries', i], complain);
    }
    if (untilMs !== null && untilMs <= fromMs) {
      complain(['adversaries', i, 'until'], 'a time after `from`');
    }
  });
}

function checkTimeline(scenario: Scenario, complain: Complain): void {
  scenario.timeline.forEach((event: TimelineEvent, i) => {
    const path = ['timeline', i];
    if (event.atMs > scenario.durationMs) {
      const end = formatDuration(scenario.durationMs);
      complain([...path, 'at'], `a time before the run ends at ${end}`);
    }
    for (const index of replicasOf(event)) checkIndex(scenario, index, path, complain);
    if (event.type === 'partition') checkGroups(scenario, event.groups, path, complain);
    if (event.type === 'failWrites' && scenario.transport !== 'simulated') {
      complain([...path, 'failWrites'], 'transport: simulated; a real disk fails when it likes');
    }
    if (event.type === 'link' && event.from === event.to) {
      complain([...path, 'link', 'to'], 'another replica than `from`');
    }
  });
  checkCrashes(scenario, complain);
}

function replicasOf(event: TimelineEvent): readonly number[] {
  switch (event.type) {
    case 'partition':
      return event.groups.flat();
    case 'heal':
      return [];
    case 'link':
      return [event.from, event.to];
    case 'crash':
    case 'restart':
    case 'clock':
    case 'failWrites':
      return [event.replica];
  }
}

function checkGroups(
  { replicas }: Scenario,
  groups: readonly (readonly number[])[],
  path: Path,
  complain: Complain,
): void {
  const named = groups.flat();
  if (new Set(named).size < named.length) {
    complain([...path, 'partition'], 'each replica in one group only');
  } else if (groups.length === 1 && named.length >= replicas.voting + replicas.standby) {
    complain([...path, 'partition'], 'at least two groups, or one that leaves somebody out');
  }
}

/** Nobody crashes twice without coming back in between. */
function checkCrashes({ timeline }: Scenario, complain: Complain): void {
  const down = new Set<number>();
  const inTime = timeline.map((event, i) => ({ event, i }));
  inTime.sort((a, b) => a.event.atMs - b.event.atMs || a.i - b.i);
  for (const { event, i } of inTime) {
    if (event.type === 'crash') {
      if (down.has(event.replica)) {
        complain(
          ['timeline', i, 'crash'],
          'a replica that is up',
          `${event.replica}, down already`,
        );
      }
      down.add(event.replica);
    }
    if (event.type === 'restart') down.delete(event.replica);
  }
}

function checkExpectedReplicas(scenario: Scenario, complain: Complain): void {
  for (const key of ['isolated', 'accused', 'recovered'] as const) {
    for (const index of scenario.expect[key] ?? []) {
      checkIndex(scenario, index, ['expect', key], complain);
    }
  }
}
