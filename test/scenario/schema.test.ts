import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseScenarios } from '../../src/scenario/parse.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';

const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(scenarioSchema);
const schemaAccepts = (text: string) =>
  [parseAllDocuments(text)].flat().every((document) => validate(document.toJS()));
const parserAccepts = (text: string) => parseScenarios('a.yaml', text).ok;

const folder = new URL('../../scenarios/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe('the JSON Schema of scenarios', () => {
  it('has files to agree on', () => expect(files).toContain('issuance.yaml'));

  it.each(files)('accepts scenarios/%s, as the parser does', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    expect(parserAccepts(text)).toBe(true);
    expect(schemaAccepts(text)).toBe(true);
  });

  it.each([
    'seed: 9007199254740991',
    'replicas: {voting: 7, standby: 1}',
    'replicas: {}',
    'network: {latency: 0ms}',
    'network: {latency: {min: 1ms, max: 1.5s}, loss: 1}',
    'network: {links: [{between: [[0], [1, 2]], latency: 40ms}]}',
    'network: {links: [{between: [[0], [1]], latency: 40ms, oneWay: true}]}',
    'network: {latency: {min: 1ms, max: 9ms, spread: longTail}}',
    'workload: {rate: 0.5/s, invalid: {}}',
    'adversaries: [{replicas: [0], behaviour: twins, until: 2m}]',
    'timeline: [{clock: {replica: 1, offset: -45s}}, {restart: 2, disk: lost}]',
    'expect: {issued: "< 3", rejected: 4, latency: {p50: 3ms, max: "<= 1s"}}',
    'expect: {rejected: {replay: ">= 1"}, accused: []}',
    'description: "two\\nlines"',
    'seed: ~\nreplicas: ~\nprofile: ~\nstorage: ~\ntimeline: ~\nexpect: ~',
    'adversaries: [{replicas: [0], behaviour: silent, until: ~}]',
    'adversaries: [{replica: 0, behaviour: delay, options: {delay: 1s, share: 0.5}}]',
    'adversaries: [{replica: 0, behaviour: silent, options: {victims: [1, 2]}}]',
    'expect: {issued: "== 3", rejected: ~, latency: {p50: "==3ms", max: ~}}',
  ])('accepts %s, as the parser does', (lines) => {
    expect(parserAccepts(`name: a\n${lines}`)).toBe(true);
    expect(schemaAccepts(`name: a\n${lines}`)).toBe(true);
  });

  it.each([
    'replcas: 4',
    'seed: -1',
    'seed: 1.5',
    'seed: 9007199254740992',
    'replicas: 3',
    'replicas: {voting: 101}',
    'profile: local',
    'duration: 0s',
    'duration: 0.0ms',
    'duration: -3s',
    'duration: 3 s',
    'network: {latency: {min: 1ms}}',
    'network: {loss: 1.1}',
    'network: {links: [{between: [[0]], latency: 40ms}]}',
    'network: {links: [{between: [[0], [1]]}]}',
    'workload: {rate: 0/s}',
    'workload: {clients: 0}',
    'workload: {invalid: {stak: 1}}',
    'adversaries: [{behaviour: silent}]',
    'adversaries: [{replica: 0, replicas: [1], behaviour: silent}]',
    'network: {latency: {min: 1ms, max: 9ms, spread: wide}}',
    'network: {links: [{between: [[0], [1]], latency: 40ms, oneWay: false}]}',
    'adversaries: [{replica: 0, behaviour: lazy}]',
    'adversaries: [{replica: 0, behaviour: flood, options: {rate: 5}}]',
    'adversaries: [{replica: 0, behaviour: flood, options: {speed: 5}}]',
    'adversaries: [{replica: 0, behaviour: ~}]',
    'timeline: [{crash: ~}]',
    'network: ~\nname: ~',
    'timeline: [{at: 1s}]',
    'timeline: [{crash: 1, heal: true}]',
    'timeline: [{crash: 1, for: 1s}]',
    'timeline: [{heal: false}]',
    'timeline: [{partition: [[]]}]',
    'expect: {outcome: failed}',
    'expect: {issued: ">> 3"}',
    'expect: {issued: -1}',
    'expect: {rejected: {spaec: 1}}',
    'expect: {latency: {p90: 10}}',
    'description: "\\e[2J"',
  ])('refuses %s, as the parser does', (lines) => {
    expect(parserAccepts(`name: a\n${lines}`)).toBe(false);
    expect(schemaAccepts(`name: a\n${lines}`)).toBe(false);
  });
});
