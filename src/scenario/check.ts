import { formatDuration } from './quantity.ts';
import type { Scenario, TimelineEvent } from './scenario.ts';
import { faultsOfOptions } from './villain-options.ts';
import type { Path, YamlDocument } from './yaml-source.ts';

/**
 * What a scenario must hold beyond the shape of its parts. Complains to `document`, at the place
 * the file wrote, about everything that does not.
 */
export function checkScenario(scenario: Scenario, document: YamlDocument): void {
  const complain = (path: Path, allowed: string, found?: string) =>
    document.complain(document.locate(path), allowed, found);
  const count = scenario.replicas.voting + scenario.replicas.standby;
  const checkIndex = (index: number, ...paths: readonly Path[]) => {
    if (index < count) return;
    const at = document.locateNumber(paths, index);
    document.complain(at, `a replica from 0 to ${count - 1}`, `replica ${index}`);
  };
  checkSignatures(scenario, complain);
  checkKind(scenario, complain);
  checkInvalid(scenario, complain);
  checkLinks(scenario, complain, checkIndex);
  checkAdversaries(scenario, complain, checkIndex);
  checkHostileClients(scenario, complain);
  checkTimeline(scenario, complain, checkIndex);
  checkExpectedReplicas(scenario, checkIndex);
}

type Complain = (path: Path, allowed: string, found?: string) => void;
/** `paths`: where the file may name the replica. */
type CheckIndex = (index: number, ...paths: readonly Path[]) => void;

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
  if ((workload.requestBatch ?? 1) > 1) {
    complain(['workload', 'requestBatch'], '1 for nops: they carry no signature to share');
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

function checkLinks({ network }: Scenario, complain: Complain, checkIndex: CheckIndex): void {
  network.links?.forEach(({ between: [one, other] }, i) => {
    const path = ['network', 'links', i, 'between'];
    for (const index of [...one, ...other]) checkIndex(index, path);
    if (one.some((index) => other.includes(index))) {
      complain(path, 'each replica in one group only');
    }
  });
}

function checkAdversaries(
  { adversaries, workload }: Scenario,
  complain: Complain,
  checkIndex: CheckIndex,
): void {
  adversaries.forEach(({ replicas, behaviour, options = {}, fromMs, untilMs }, i) => {
    const path = ['adversaries', i];
    for (const index of replicas) checkIndex(index, [...path, 'replica'], [...path, 'replicas']);
    const at = [...path, 'options'];
    for (const { key, ...fault } of faultsOfOptions(behaviour, options, workload)) {
      complain([...at, key], fault.allowed, fault.found);
    }
    const { victims = [], favourite } = options;
    for (const index of victims) checkIndex(index, [...at, 'victims']);
    if (favourite !== undefined) checkIndex(favourite, [...at, 'favourite']);
    if (untilMs !== null && untilMs <= fromMs) {
      complain(['adversaries', i, 'until'], 'a time after `from`');
    }
  });
}

function checkHostileClients({ hostileClients = [], expect }: Scenario, complain: Complain): void {
  hostileClients.forEach(({ fromMs, untilMs }, i) => {
    if (untilMs === null || untilMs > fromMs) return;
    complain(['hostileClients', i, 'until'], 'a time after `from`');
  });
  for (const client of expect.throttled ?? []) {
    if (client < hostileClients.length) continue;
    const allowed = `places in the list of ${hostileClients.length} hostile clients, from 0`;
    complain(['expect', 'throttled'], allowed, `${client}`);
  }
}

function checkTimeline(scenario: Scenario, complain: Complain, checkIndex: CheckIndex): void {
  scenario.timeline.forEach((event: TimelineEvent, i) => {
    const path = ['timeline', i];
    if (event.atMs > scenario.durationMs) {
      const end = formatDuration(scenario.durationMs);
      complain([...path, 'at'], `a time before the run ends at ${end}`);
    }
    for (const [index, key] of replicasOf(event)) checkIndex(index, [...path, ...key]);
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

/** Every replica an event names, with the keys under which it does. */
function replicasOf(event: TimelineEvent): readonly (readonly [number, readonly string[]])[] {
  switch (event.type) {
    case 'partition':
      return event.groups.flat().map((index) => [index, ['partition']] as const);
    case 'heal':
      return [];
    case 'link':
      return [
        [event.from, ['link', 'from']],
        [event.to, ['link', 'to']],
      ];
    case 'crash':
    case 'restart':
    case 'readmit':
      return [[event.replica, [event.type]]];
    case 'clock':
    case 'failWrites':
      return [[event.replica, [event.type, 'replica']]];
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

function checkExpectedReplicas({ expect }: Scenario, checkIndex: CheckIndex): void {
  for (const key of ['isolated', 'accused', 'recovered'] as const) {
    for (const index of expect[key] ?? []) checkIndex(index, ['expect', key]);
  }
}
