import { Document } from 'yaml';
import type { Latency } from '../runtime/latency.ts';
import { formatComparison, formatDuration } from './quantity.ts';
import type { Comparison, Expectations, HostileSpec, Scenario, TimelineEvent } from './scenario.ts';
import { writeOptions } from './villain-options.ts';

/**
 * One scenario as a YAML document that {@link parseScenarios} reads back to the same scenario.
 * Lists of events stand one to a line; what equals a default that is the same everywhere is left
 * out.
 */
export function writeScenario(scenario: Scenario): string {
  const document = new Document({});
  const { name, description, seed, profile, transport, storage, signatures } = scenario;
  const plain = { name, description, seed, replicas: scenario.replicas, profile, transport };
  for (const [key, value] of Object.entries({ ...plain, storage, signatures })) {
    if (value !== '') document.set(key, document.createNode(value, { flow: true }));
  }
  document.set('duration', formatDuration(scenario.durationMs));
  const { proposalIntervalMs = 0 } = scenario;
  if (proposalIntervalMs > 0) document.set('proposalInterval', formatDuration(proposalIntervalMs));
  document.set('network', document.createNode(writeNetwork(scenario.network)));
  document.set('workload', document.createNode(writeWorkload(scenario.workload)));
  const lists = {
    adversaries: scenario.adversaries.map(writeAdversary),
    hostileClients: (scenario.hostileClients ?? []).map(writeHostile),
    timeline: scenario.timeline.map(writeEvent),
  };
  for (const [key, items] of Object.entries(lists)) {
    const lines = items.map((item) => document.createNode(item, { flow: true }));
    if (lines.length > 0) document.set(key, document.createNode(lines));
  }
  document.set('expect', document.createNode(writeExpectations(scenario.expect)));
  return document.toString({ lineWidth: 100 });
}

function writeNetwork({ latency, links = [], ...chances }: Scenario['network']): object {
  const own = links.map((link) => ({ ...link, latency: writeLatency(link.latency) }));
  const network = { latency: writeLatency(latency), ...chances };
  return own.length === 0 ? network : { ...network, links: own };
}

function writeLatency({ minMs, maxMs, longTail }: Latency): object {
  const spread = longTail === undefined ? {} : { spread: 'longTail' };
  return { min: formatDuration(minMs), max: formatDuration(maxMs), ...spread };
}

function writeWorkload(workload: Scenario['workload']): object {
  const { kind, clients, requests, ratePerSecond, outstanding, invalid } = workload;
  const { requestBatch = 1 } = workload;
  const broken = Object.entries(invalid).filter(([, count]) => count > 0);
  return {
    ...(kind === undefined ? {} : { kind }),
    clients,
    requests,
    ...(ratePerSecond === null ? {} : { rate: `${ratePerSecond}/s` }),
    outstanding,
    ...(requestBatch === 1 ? {} : { requestBatch }),
    ...(broken.length === 0 ? {} : { invalid: Object.fromEntries(broken) }),
  };
}

function writeAdversary(adversary: Scenario['adversaries'][number]): object {
  const { replicas, behaviour, options, fromMs, untilMs } = adversary;
  return {
    replicas,
    behaviour,
    ...(options === undefined ? {} : { options: writeOptions(options) }),
    from: formatDuration(fromMs),
    ...(untilMs === null ? {} : { until: formatDuration(untilMs) }),
  };
}

function writeHostile({ behaviour, requests, fromMs, untilMs }: HostileSpec): object {
  const until = untilMs === null ? {} : { until: formatDuration(untilMs) };
  return { behaviour, requests, from: formatDuration(fromMs), ...until };
}

function writeEvent(event: TimelineEvent): object {
  const at = formatDuration(event.atMs);
  switch (event.type) {
    case 'partition':
      return { at, partition: event.groups, ...lasting(event.forMs) };
    case 'heal':
      return { at, heal: true };
    case 'crash':
      return { at, crash: event.replica };
    case 'restart':
      return { at, restart: event.replica, disk: event.disk };
    case 'readmit':
      return { at, readmit: event.replica };
    case 'clock': {
      const { replica, offsetMs } = event;
      return { at, clock: { replica, offset: formatDuration(offsetMs) } };
    }
    case 'failWrites': {
      const { replica, writes } = event;
      return { at, failWrites: { replica, writes } };
    }
    case 'link': {
      const { from, to, loss, forMs } = event;
      return { at, link: { from, to, loss }, ...lasting(forMs) };
    }
  }
}

function lasting(forMs: number | null): object {
  return forMs === null ? {} : { for: formatDuration(forMs) };
}

function writeExpectations(expect: Expectations): object {
  const counts = (comparisons: object, unit?: (value: number) => string): object =>
    Object.fromEntries(
      Object.entries(comparisons as Record<string, Comparison | undefined>).flatMap(
        ([key, comparison]) =>
          comparison === undefined ? [] : [[key, formatComparison(comparison, unit)]],
      ),
    );
  const { outcome, issued, rejected, isolated, accused, viewChanges, recovered, latency } = expect;
  const written = {
    outcome,
    issued: issued === null ? null : formatComparison(issued),
    rejected: rejected === null ? null : writeRejected(rejected, counts),
    isolated,
    accused,
    viewChanges: viewChanges === null ? null : formatComparison(viewChanges),
    recovered,
    throttled: expect.throttled ?? null,
    latency: latency === null ? null : counts(latency, formatDuration),
  };
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== null));
}

function writeRejected(
  rejected: NonNullable<Expectations['rejected']>,
  counts: (comparisons: object) => object,
): string | object {
  return 'operator' in rejected ? formatComparison(rejected as Comparison) : counts(rejected);
}
