import type { RequestRecord, RunResult } from '../../scenario/result.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { hostileName } from '../../scenario/summary.ts';
import { bandsOf } from './bands.ts';
import { packMarks } from './marks.ts';
import type { Lane, PackedRequest, PackedRun } from './model/packed.ts';
import type { RunLog } from './run-log.ts';

/** What the page can list; the counts above the table are of all. */
export const maxRequests = 20_000;

/** In the order of the protocol; a kind that is not here comes after. */
const kindOrder = [
  'request',
  'prePrepare',
  'prepare',
  'commit',
  'reply',
  'checkpoint',
  'complaint',
  'viewChange',
  'newView',
  'status',
  'decided',
];

/** Turns a run into what its page draws. */
export function packRun(scenario: Scenario, result: RunResult, log: RunLog): PackedRun {
  const lanes = lanesOf(scenario, log);
  const laneOf = new Map(lanes.map(({ name }, lane) => [name, lane]));
  const firstReplica = lanes.findIndex(({ replica }) => replica !== null);
  const endUs = endOf(result, log);
  const kinds = kindsOf(log);
  const adversaries = new Set(scenario.adversaries.flatMap((each) => each.replicas));
  return {
    endUs,
    lanes,
    kinds,
    ...packMessages(log, laneOf, kinds),
    marks: packMarks(log.events, laneOf, adversaries),
    bands: bandsOf(scenario, log.events, firstReplica, endUs),
    requests: packRequests(result, log),
  };
}

/** Clients above, replicas below, as in the papers; then who else sends or receives. */
function lanesOf(scenario: Scenario, log: RunLog): readonly Lane[] {
  const { voting, standby } = scenario.replicas;
  const behaviours = new Map<number, string[]>();
  for (const { replicas, behaviour } of scenario.adversaries) {
    for (const replica of replicas) {
      behaviours.set(replica, [...(behaviours.get(replica) ?? []), behaviour]);
    }
  }
  const clients = Array.from({ length: scenario.workload.clients }, (_, i): Lane => {
    return { name: `client-${i}`, replica: null, behaviour: '' };
  });
  const replicas = Array.from({ length: voting + standby }, (_, i): Lane => {
    const behaviour = (behaviours.get(i) ?? []).join(', ');
    return { name: `replica-${i}`, replica: i, behaviour };
  });
  const hostile = (scenario.hostileClients ?? []).map(({ behaviour }, i): Lane => {
    return { name: hostileName(i), replica: null, behaviour };
  });
  const lanes = [...clients, ...hostile, ...replicas];
  const known = new Set(lanes.map(({ name }) => name));
  for (const { from, to } of log.messages) {
    for (const name of [from, to]) {
      if (known.has(name)) continue;
      known.add(name);
      lanes.push({ name, replica: null, behaviour: '' });
    }
  }
  return lanes;
}

function endOf(result: RunResult, log: RunLog): number {
  let endMs = Math.max(result.virtualMs, 1);
  for (const { deliveredAtMs, atMs } of log.messages) {
    endMs = Math.max(endMs, deliveredAtMs ?? atMs);
  }
  for (const { atMs } of log.events) endMs = Math.max(endMs, atMs);
  return Math.ceil(endMs * 1000);
}

function kindsOf(log: RunLog): readonly string[] {
  const kinds = new Set(log.messages.map(({ kind }) => kind));
  const known = kindOrder.filter((kind) => kinds.has(kind));
  return [...known, ...[...kinds].filter((kind) => !kindOrder.includes(kind)).sort()];
}

function packMessages(
  log: RunLog,
  laneOf: ReadonlyMap<string, number>,
  kinds: readonly string[],
): Pick<PackedRun, 'messages' | 'fieldNames' | 'fieldSets'> {
  // A trace is in the order things are told; on real machines that is not always when they were.
  const messages = [...log.messages].sort((a, b) => a.atMs - b.atMs);
  const kindOf = new Map(kinds.map((kind, i) => [kind, i]));
  const interner = new FieldInterner();
  const atUs = messages.map(({ atMs }) => Math.round(atMs * 1000));
  return {
    messages: {
      afterUs: atUs.map((us, i) => us - (atUs[i - 1] ?? 0)),
      flightUs: messages.map(({ deliveredAtMs }, i) =>
        deliveredAtMs === null ? -1 : Math.max(Math.round(deliveredAtMs * 1000) - atUs[i]!, 0),
      ),
      from: messages.map(({ from }) => laneOf.get(from)!),
      to: messages.map(({ to }) => laneOf.get(to)!),
      kind: messages.map(({ kind }) => kindOf.get(kind)!),
      sizeBytes: messages.map(({ sizeBytes }) => sizeBytes),
      fields: messages.map(({ fields }) => interner.intern(fields)),
    },
    fieldNames: interner.names,
    fieldSets: interner.sets,
  };
}

/** Every message of a broadcast says the same: say it once. */
class FieldInterner {
  readonly names: (readonly string[])[] = [];
  readonly sets: (readonly (string | number)[])[] = [];
  private readonly known = new Map<string, number>();
  private readonly knownNames = new Map<string, number>();

  intern(fields: Readonly<Record<string, string | number>>): number {
    const key = JSON.stringify(fields);
    const found = this.known.get(key);
    if (found !== undefined) return found;
    const index = this.sets.push([this.namesOf(fields), ...Object.values(fields)]) - 1;
    this.known.set(key, index);
    return index;
  }

  private namesOf(fields: Readonly<Record<string, string | number>>): number {
    const names = Object.keys(fields);
    const key = JSON.stringify(names);
    const found = this.knownNames.get(key);
    if (found !== undefined) return found;
    const index = this.names.push(names) - 1;
    this.knownNames.set(key, index);
    return index;
  }
}

function packRequests(result: RunResult, log: RunLog): readonly PackedRequest[] {
  const answeredMs = new Map<string, number>();
  for (const event of log.events) {
    if (event.type === 'request') answeredMs.set(keyOf(event.record), event.atMs);
  }
  return result.requests.slice(0, maxRequests).map((record) => {
    const { name, client, outcome, broken, serial, sequence, latencyMs, failures } = record;
    const at = answeredMs.get(keyOf(record)) ?? null;
    return {
      name,
      client,
      outcome,
      broken,
      serial,
      sequence,
      latencyMs,
      answeredMs: outcome === 'pending' ? null : at,
      failures,
    };
  });
}

/** A replayed request bears the name of the one it repeats. */
function keyOf({ name, client, broken, outcome }: RequestRecord): string {
  return JSON.stringify([client, name, broken, outcome]);
}
