import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseScenarios } from '../../src/scenario/parse.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { writeScenario } from '../../src/scenario/write.ts';

function parse(file: string, text: string): readonly Scenario[] {
  const parsed = parseScenarios(file, text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.scenarios;
}

describe('a written scenario reads back as the same', () => {
  const folder = new URL('../../scenarios/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

  test.each(files)('%s', (file) => {
    for (const scenario of parse(file, readFileSync(new URL(file, folder), 'utf8'))) {
      expect(parse('again.yaml', writeScenario(scenario))).toEqual([scenario]);
    }
  });

  test('with every kind of event, fractions of a millisecond, and every expectation', () => {
    const text = `
name: all
description: |
  Two lines,
  "quoted".
seed: 9007199254740991
replicas: {voting: 7, standby: 1}
profile: production
signatures: ideal
duration: 2m
network:
  latency: 5ms
  loss: 0.01
  duplicate: 0.02
  reorder: 0.03
  links:
    - {between: [[0, 1], [2]], latency: {min: 40ms, max: 45ms}}
    - {between: [[3], [4]], latency: {min: 1ms, max: 90ms, spread: longTail}, oneWay: true}
proposalInterval: 20ms
workload: {kind: nops, clients: 3, requests: 50, rate: 12.5/s, outstanding: 2}
adversaries:
  - {replicas: [1, 2], behaviour: collude, from: 1s, until: 2500ms}
  - {replica: 3, behaviour: silent}
  - {replica: 3, behaviour: delay, options: {delay: 1500ms, share: 0.25}}
  - {replica: 3, behaviour: skewTimestamp, options: {skew: 2s}}
  - {replica: 3, behaviour: flood, options: {rate: 12.5/s}}
  - {replica: 3, behaviour: mutate, options: {probability: 0.5}}
  - {replica: 3, behaviour: withholdPrePrepares, options: {victims: [5, 4]}}
  - {replica: 3, behaviour: withholdCommits, options: {favourite: 6}}
hostileClients:
  - {behaviour: conflict}
  - {behaviour: flood, requests: 500, from: 1s, until: 2s}
timeline:
  - {at: 812.4375ms, partition: [[0, 1], [2]], for: 1500ms}
  - {at: 3s, heal: true}
  - {at: 4s, crash: 2}
  - {at: 5s, restart: 2, disk: lost}
  - {at: 5500ms, readmit: 1}
  - {at: 6s, clock: {replica: 1, offset: -45s}}
  - {at: 7s, link: {from: 0, to: 3, loss: 0.5}, for: 1s}
  - {at: 8s, link: {from: 3, to: 0, loss: 1}}
expect:
  outcome: diverged
  issued: ">= 40"
  rejected: {space: 1, time: "<= 2"}
  isolated: [1]
  accused: []
  viewChanges: "> 0"
  recovered: [2]
  throttled: [1]
  latency: {p50: "< 20ms", max: 1s}
`;
    const [scenario] = parse('all.yaml', text);
    expect(parse('again.yaml', writeScenario(scenario as Scenario))).toEqual([scenario]);
  });

  test('gives a scenario back in which one client is censored', () => {
    const text = `
name: deaf
workload: {clients: 2}
adversaries: [{replica: 0, behaviour: censor, options: {client: 1}}]
`;
    const [scenario] = parse('deaf.yaml', text);
    expect(scenario?.adversaries[0]?.options).toEqual({ client: 1 });
    expect(parse('again.yaml', writeScenario(scenario as Scenario))).toEqual([scenario]);
  });

  test('gives a scenario back whose requests share signatures', () => {
    const text = 'name: together\nworkload: {requests: 5, requestBatch: 4}\n';
    const [scenario] = parse('together.yaml', text);
    expect(scenario?.workload.requestBatch).toBe(4);
    expect(parse('again.yaml', writeScenario(scenario as Scenario))).toEqual([scenario]);
  });
});
