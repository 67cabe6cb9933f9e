import { checkScenario } from './check.ts';
import { maxFileBytes, maxScenarios } from './limits.ts';
import type { Problem } from './problem.ts';
import { type Refusal, refusals, type Transport } from './result.ts';
import type { Comparison, Expectations, Scenario, TimelineEvent } from './scenario.ts';
import { scenarioFormat, type WrittenScenario } from './scenario-format.ts';
import { type YamlDocument, YamlFile } from './yaml-source.ts';

/** What the command line puts over a file; checked as if the file said so. */
export interface Overrides {
  readonly seed?: number;
  readonly transport?: Transport;
}

export type Parsed =
  | { readonly ok: true; readonly scenarios: readonly Scenario[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a scenario file (CONTRACT §2): YAML 1.2, one mapping per `---` document. `file` is its name
 * in messages. Either every scenario of it, or all that is wrong with it.
 */
export function parseScenarios(file: string, text: string, overrides: Overrides = {}): Parsed {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > maxFileBytes) {
    return fail(file, `${sizeBytes} bytes`, `at most ${maxFileBytes} bytes`);
  }
  const yaml = new YamlFile(file, text);
  const { documents } = yaml;
  if (documents.length > maxScenarios) {
    return fail(file, `${documents.length} documents`, `at most ${maxScenarios} scenarios`);
  }
  // Values of a file that is no YAML would only add noise to what is already wrong.
  if (yaml.problems.length > 0) return { ok: false, problems: yaml.problems };
  if (documents.length === 0) return fail(file, 'nothing', 'at least one scenario, a mapping');
  const scenarios = yaml.bounded(() =>
    documents.map((document) => readScenario(document, overrides)),
  );
  if (yaml.problems.length > 0 || scenarios === undefined) {
    return { ok: false, problems: yaml.problems };
  }
  return { ok: true, scenarios: scenarios.filter((scenario) => scenario !== null) };
}

function fail(file: string, found: string, allowed: string): Parsed {
  return { ok: false, problems: [{ file, line: 1, column: 1, key: '', found, allowed }] };
}

function readScenario(document: YamlDocument, overrides: Overrides): Scenario | null {
  const written = scenarioFormat.read(document.root);
  if (written === undefined) return null;
  const { duration, proposalInterval, network, workload, hostileClients, ...others } = written;
  const { expect, storage, ...same } = others;
  const { rate, ...asked } = workload;
  const transport = overrides.transport ?? written.transport;
  const scenario = {
    ...same,
    seed: overrides.seed ?? written.seed,
    transport,
    storage: storage ?? (transport === 'libp2p' ? 'level' : 'memory'),
    durationMs: duration,
    ...(proposalInterval === 0 ? {} : { proposalIntervalMs: proposalInterval }),
    network: networkOf(network),
    workload: { ...asked, ratePerSecond: rate },
    ...(hostileClients.length === 0 ? {} : { hostileClients }),
    expect: expectationsOf(expect),
  } satisfies Scenario;
  checkScenario(scenario, document);
  return { ...scenario, timeline: normalise(scenario) };
}

/** Without `links` where there are none, as programs write it. */
function networkOf({ links, ...alike }: WrittenScenario['network']): Scenario['network'] {
  return links.length === 0 ? alike : { ...alike, links };
}

function expectationsOf(expect: WrittenScenario['expect']): Expectations {
  const { rejected, latency, throttled, ...same } = expect;
  return {
    ...same,
    ...(throttled === null ? {} : { throttled }),
    rejected: rejected === null || isComparison(rejected) ? rejected : withoutNulls(rejected),
    latency: latency === null ? null : withoutNulls(latency),
  };
}

function isComparison(
  rejected: Comparison | Readonly<Record<Refusal, Comparison | null>>,
): rejected is Comparison {
  return 'operator' in rejected && !refusals.some((kind) => kind in rejected);
}

function withoutNulls<K extends string, V>(all: Readonly<Record<K, V | null>>) {
  const present = Object.entries(all).filter(([, value]) => value !== null);
  return Object.fromEntries(present) as Partial<Record<K, V>>;
}

/**
 * The timeline as both worlds play it: in time order, partitions that name every replica, and a
 * crash before the restart of a replica that is still up.
 */
function normalise({ timeline, replicas }: Scenario): readonly TimelineEvent[] {
  const everyone = Array.from({ length: replicas.voting + replicas.standby }, (_, i) => i);
  const down = new Set<number>();
  return timeline
    .toSorted((a, b) => a.atMs - b.atMs)
    .flatMap((event): readonly TimelineEvent[] => {
      if (event.type === 'partition') {
        const named = new Set(event.groups.flat());
        const rest = everyone.filter((index) => !named.has(index));
        return [rest.length === 0 ? event : { ...event, groups: [...event.groups, rest] }];
      }
      // A disk that fails takes its replica down sooner or later.
      if (event.type === 'crash' || event.type === 'failWrites') down.add(event.replica);
      if (event.type === 'restart' && !down.delete(event.replica)) {
        return [{ type: 'crash', atMs: event.atMs, replica: event.replica }, event];
      }
      return [event];
    });
}
