import { describe, expect, it } from 'vitest';
import { maxFileBytes } from '../../src/scenario/limits.ts';
import { type Overrides, parseScenarios } from '../../src/scenario/parse.ts';
import { formatProblem } from '../../src/scenario/problem.ts';

function parse(text: string, overrides: Overrides = {}) {
  const parsed = parseScenarios('a.yaml', text, overrides);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.scenarios;
}

function problems(text: string, overrides: Overrides = {}): readonly string[] {
  const parsed = parseScenarios('a.yaml', text, overrides);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe('a scenario file', () => {
  it('needs a name and nothing else', () => {
    expect(parse('name: bare')).toEqual([
      {
        name: 'bare',
        description: '',
        seed: 1,
        replicas: { voting: 4, standby: 0 },
        profile: 'localhost',
        transport: 'simulated',
        storage: 'memory',
        signatures: 'ed25519',
        durationMs: 60_000,
        network: { latency: { minMs: 1, maxMs: 5 }, loss: 0, duplicate: 0, reorder: 0 },
        workload: {
          kind: 'certificates',
          clients: 1,
          requests: 10,
          ratePerSecond: null,
          outstanding: 8,
          requestBatch: 1,
          invalid: { space: 0, stake: 0, work: 0, time: 0, signature: 0, replay: 0 },
        },
        adversaries: [],
        timeline: [],
        expect: {
          outcome: 'passed',
          issued: null,
          rejected: null,
          isolated: null,
          accused: null,
          viewChanges: null,
          recovered: null,
          latency: null,
        },
      },
    ]);
  });

  it('holds everything the contract shows', () => {
    const [scenario] = parse(contractExample);
    expect(scenario).toMatchObject({
      replicas: { voting: 7, standby: 0 },
      storage: 'level',
      network: { latency: { minMs: 5, maxMs: 25 }, loss: 0.01, reorder: 0.05 },
      workload: { ratePerSecond: 100, invalid: { space: 2, replay: 1 } },
      adversaries: [
        { replicas: [0], behaviour: 'equivocate', fromMs: 2000, untilMs: 20_000 },
        { replicas: [1, 2], behaviour: 'collude', fromMs: 0, untilMs: null },
      ],
      expect: {
        issued: { operator: '>=', value: 190 },
        rejected: { space: { operator: '=', value: 2 } },
        isolated: [0],
        latency: { p90: { operator: '<=', value: 100 } },
      },
    });
    expect(scenario!.expect.rejected).not.toHaveProperty('stake');
    expect(scenario!.timeline).toEqual([
      {
        type: 'partition',
        atMs: 3000,
        groups: [
          [0, 1, 2],
          [3, 4, 5, 6],
        ],
        forMs: 2000,
      },
      { type: 'crash', atMs: 6000, replica: 2 },
      { type: 'restart', atMs: 8000, replica: 2, disk: 'lost' },
      { type: 'clock', atMs: 9000, replica: 1, offsetMs: -45_000 },
      { type: 'link', atMs: 10_000, from: 0, to: 3, loss: 1, forMs: 1000 },
      { type: 'heal', atMs: 12_000 },
    ]);
  });

  it('holds several scenarios, one a document', () => {
    const names = parse('name: a\n---\nname: b\nreplicas: {standby: 2}\n').map(({ name }) => name);
    expect(names).toEqual(['a', 'b']);
  });

  it('keeps journals on disk on libp2p and in memory in virtual time, unless it says so', () => {
    const storage = (text: string, overrides: Overrides = {}) => parse(text, overrides)[0]!.storage;
    expect(storage('name: a\ntransport: libp2p')).toBe('level');
    expect(storage('name: a\ntransport: libp2p', { transport: 'simulated' })).toBe('memory');
    expect(storage('name: a\ntransport: libp2p\nstorage: memory')).toBe('memory');
  });

  it('obeys the command line over the file, and checks as if the file said it', () => {
    const [scenario] = parse('name: a\nseed: 3', { seed: 9, transport: 'libp2p' });
    expect(scenario).toMatchObject({ seed: 9, transport: 'libp2p' });
    const found = problems('name: a\nsignatures: ideal', { transport: 'libp2p' });
    expect(found[0]).toMatch(/^a\.yaml:2:13: signatures: found ideal; allowed: ed25519 on/);
  });

  it('plays the timeline in time order, kills before it restarts, and leaves nobody out', () => {
    const [scenario] = parse(
      'name: a\ntimeline: [{at: 2s, restart: 1}, {at: 1s, partition: [[0, 3]]}]',
    );
    expect(scenario!.timeline).toEqual([
      {
        type: 'partition',
        atMs: 1000,
        groups: [
          [0, 3],
          [1, 2],
        ],
        forMs: null,
      },
      { type: 'crash', atMs: 2000, replica: 1 },
      { type: 'restart', atMs: 2000, replica: 1, disk: 'kept' },
    ]);
  });

  it.each([
    ...['expect:', 'timeline:', 'adversaries:', 'network:', 'replicas:', 'seed: ~', 'storage:'],
    ...['workload:\n  invalid:\n  rate:', 'expect:\n  latency:\n  rejected:\n  issued:'],
  ])('may leave the value of %s for later', (lines) => {
    expect(parse(`name: a\n${lines}\n`)).toEqual(parse('name: a'));
  });

  it.each([
    'name: a\n---\n',
    'name: a\n---\n# a comment\n',
    'name: a\n...\n',
    '# a comment\n---\nname: a',
    '---\n---\nname: a\n---\n---\n',
  ])('begins no scenario with a marker alone (case %#)', (text) => {
    expect(parse(text)).toEqual(parse('name: a'));
  });

  it('may compare as programmers do', () => {
    const [scenario] = parse('name: a\nexpect: {issued: "== 3", latency: {p90: "==3ms"}}');
    expect(scenario!.expect).toMatchObject({
      issued: { operator: '=', value: 3 },
      latency: { p90: { operator: '=', value: 3 } },
    });
  });

  it('may use anchors and aliases', () => {
    const [scenario] = parse('name: a\nnetwork: {loss: &p 0.5, duplicate: *p}');
    expect(scenario!.network).toMatchObject({ loss: 0.5, duplicate: 0.5 });
  });
});

describe('a wrong scenario file', () => {
  it.each([
    ['replcas: 4', '2:1: replcas: found an unknown key (did you mean replicas?); allowed: name, '],
    [
      'workload: {client: 2}',
      '2:12: workload.client: found an unknown key (did you mean clients?)',
    ],
    ['<<: {seed: 1}', '2:1: <<: found an unknown key; allowed: name, '],
    ['replicas: 3', '2:11: replicas: found 3; allowed: a whole number from 4 to 100'],
    ['replicas: {voting: 3}', '2:20: replicas.voting: found 3; allowed: a whole number from 4'],
    ['duration: -3s', '2:11: duration: found -3s; allowed: a duration longer than zero, like '],
    ['duration: 0s', '2:11: duration: found 0s; allowed: a duration longer than zero'],
    ['duration: 25', '2:11: duration: found 25; allowed: a duration longer than zero, like 250ms'],
    ['duration: 1441m', '2:11: duration: found 1441m; allowed: a duration longer than zero'],
    ['timeline: [{crash: }]', '2:20: timeline[0].crash: found nothing; allowed: a whole number'],
    ['seed: 1.5', '2:7: seed: found 1.5; allowed: a whole number from 0 to '],
    ['seed: "1"', '2:7: seed: found "1"; allowed: a whole number from 0 to '],
    ['seed: [1]', '2:7: seed: found [1]; allowed: a whole number from 0 to '],
    ['profile: locahost', '2:10: profile: found locahost (did you mean localhost?); allowed: loc'],
    ['network: {loss: 1.1}', '2:17: network.loss: found 1.1; allowed: a probability from 0 to 1'],
    ['network: {latency: {min: 3ms, max: 2ms}}', 'network.latency: found {min: 3ms, max: 2ms}'],
    ['network: {latency: {min: 3ms}}', 'network.latency.max: found no such key; allowed: a dur'],
    [
      'network: {links: [{between: [[0, 1], [1]], latency: 9ms}]}',
      'network.links[0].between: found [[0, 1], [1]]; allowed: each replica in one group only',
    ],
    [
      'network: {links: [{between: [[0], [4]], latency: 9ms}]}',
      '2:36: network.links[0].between[1][0]: found replica 4; allowed: a replica from 0 to 3',
    ],
    ['network: [1]', '2:10: network: found [1]; allowed: a mapping with the keys latency'],
    ['workload: {rate: 100}', '2:18: workload.rate: found 100; allowed: a rate like 100/s'],
    ['workload: {rate: 0/s}', '2:18: workload.rate: found 0/s; allowed: a rate like 100/s'],
    [
      'workload: {requests: 3, invalid: {work: 4}}',
      '2:34: workload.invalid: found 4 broken requests in all; allowed: at most 3',
    ],
    [
      'workload: {requests: 1, invalid: {replay: 1}}',
      '2:43: workload.invalid.replay: found 1; allowed: a replay needs at least one honest',
    ],
    [
      'adversaries: [{replica: 0, behaviour: equivocat}]',
      'adversaries[0].behaviour: found equivocat (did you mean equivocate?); allowed: silent, ',
    ],
    ['adversaries: [{replica: 0}]', 'adversaries[0].behaviour: found no such key; allowed: silent'],
    [
      'adversaries: [{replica: 0, behaviour: twins, options: {delay: 1s}}]',
      '2:63: adversaries[0].options.delay: found delay; allowed: share for twins',
    ],
    [
      'adversaries: [{replica: 0, behaviour: delay, options: {skew: 1s}}]',
      'adversaries[0].options.skew: found skew; allowed: share, delay for delay',
    ],
    [
      'adversaries: [{replica: 0, behaviour: delay, options: {share: 2}}]',
      'adversaries[0].options.share: found 2; allowed: a probability from 0 to 1',
    ],
    [
      'adversaries: [{replica: 0, behaviour: silent, options: {victims: [1, 4]}}]',
      'adversaries[0].options.victims[1]: found replica 4; allowed: a replica from 0 to 3',
    ],
    [
      'adversaries: [{replica: 0, behaviour: withholdCommits, options: {favourite: 5}}]',
      'adversaries[0].options.favourite: found replica 5; allowed: a replica from 0 to 3',
    ],
    [
      'adversaries: [{replica: 0, behaviour: censor, options: {client: 1}}]',
      'adversaries[0].options.client: found client 1; allowed: a client from 0 to 0',
    ],
    [
      'workload: {kind: nops}\n' +
        'adversaries: [{replica: 0, behaviour: censor, options: {client: 0}}]',
      'found client 0; allowed: none for nops: no client signs them',
    ],
    ['adversaries: [{behaviour: silent}]', 'allowed: either `replica` or `replicas`, one of them'],
    [
      'adversaries: [{replica: 0, replicas: [1], behaviour: silent}]',
      'allowed: either `replica` or `replicas`, one of them',
    ],
    [
      'adversaries: [{replica: 4, behaviour: silent}]',
      '2:25: adversaries[0].replica: found replica 4; allowed: a replica from 0 to 3',
    ],
    [
      'adversaries: [{replicas: [1, 9], behaviour: silent}]',
      '2:30: adversaries[0].replicas[1]: found replica 9; allowed: a replica from 0 to 3',
    ],
    [
      'adversaries: [{replica: 0, behaviour: silent, from: 2s, until: 2s}]',
      'adversaries[0].until: found 2s; allowed: a time after `from`',
    ],
    ['proposalInterval: 2s', 'proposalInterval: found 2s; allowed: a duration from 0ms to 1s'],
    [
      'hostileClients: [{behaviour: halfSent}]',
      'hostileClients[0].behaviour: found halfSent (did you mean halfSend?); allowed: conflict, ',
    ],
    [
      'hostileClients: [{behaviour: flood, from: 2s, until: 1s}]',
      'hostileClients[0].until: found 1s; allowed: a time after `from`',
    ],
    ['hostileClient: []', 'found an unknown key (did you mean hostileClients?)'],
    [
      'expect: {throttled: [0]}',
      'expect.throttled: found 0; allowed: places in the list of 0 hostile clients, from 0',
    ],
    [
      'timeline: [{at: 1s, readmit: 4}]',
      'timeline[0].readmit: found replica 4; allowed: a replica',
    ],
    ['timeline: [{at: 1s, crsh: 1}]', '(did you mean crash?); allowed: an event with one of the'],
    ['timeline: [{crash: 1, heal: true}]', 'timeline[0]: found heal and crash; allowed: an event'],
    ['timeline: [{heal: false}]', 'timeline[0].heal: found false; allowed: true'],
    ['timeline: [{at: 61s, heal: true}]', 'timeline[0].at: found 61s; allowed: a time before the'],
    ['timeline: [{crash: 4}]', '2:20: timeline[0].crash: found replica 4; allowed: a replica'],
    ['timeline: [{restart: 4}]', '2:22: timeline[0].restart: found replica 4; allowed: a replica'],
    ['timeline: [{clock: {replica: 4, offset: 1s}}]', '2:30: timeline[0].clock.replica: found rep'],
    ['timeline: [{link: {from: 0, to: 4, loss: 1}}]', '2:33: timeline[0].link.to: found replica 4'],
    ['timeline: [{partition: [[0], [1, 4]]}]', '2:34: timeline[0].partition[1][1]: found replica'],
    ['timeline: [{crash: 1}, {crash: 1}]', 'timeline[1].crash: found 1, down already; allowed: a'],
    ['timeline: [{partition: [[0, 1], [1, 2]]}]', 'allowed: each replica in one group only'],
    ['timeline: [{partition: [[0, 1, 2, 3]]}]', 'allowed: at least two groups, or one that'],
    ['timeline: [{partition: [[]]}]', 'timeline[0].partition[0]: found 0 entries; allowed: a list'],
    ['timeline: [{link: {from: 1, to: 1, loss: 1}}]', 'link.to: found 1; allowed: another replica'],
    ['expect: {issued: ">> 3"}', '2:18: expect.issued: found ">> 3"; allowed: a whole number, or'],
    ['expect: {issued: -1}', 'expect.issued: found -1; allowed: a whole number, or a comparison'],
    ['expect: {latency: {p90: "<= 10"}}', 'expect.latency.p90: found "<= 10"; allowed: a duration'],
    ['expect: {rejected: {spaec: 1}}', 'expect.rejected.spaec: found an unknown key (did you mean'],
    ['expect: {accused: [7]}', '2:20: expect.accused[0]: found replica 7; allowed: a replica'],
    ['description: "\\e[2J"', '2:14: description: found "\\e[2J"; allowed: printable text'],
    ['seed: *nowhere', '2:7: seed: found *nowhere; allowed: a whole number'],
    ['seed: 1\nseed: 2', '3:1: found the key seed once more; allowed: each key once'],
    ['expect:\n  issued: >= 3', '3:12: found >= 3 without quotes; allowed: ">= 3"'],
    ['description: "open', 'found no valid YAML (Missing closing "quote)'],
  ])('%s: says where, what was found, what is allowed', (lines, message) => {
    const found = problems(`name: a\n${lines}\n`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^a\.yaml:\d+:\d+: /);
    expect(found[0]).toContain(message);
  });

  it.each([
    ['', 'found nothing; allowed: at least one scenario'],
    ['# only a comment', 'found nothing; allowed: at least one scenario'],
    ['- name: a', 'found - name: a; allowed: a mapping with the keys name, '],
    ['seed: 1', 'name: found no such key; allowed: printable text of 1 to 100 characters'],
    ['---\n# only a comment', 'found nothing; allowed: at least one scenario'],
    ['name: a\n--- ~', '2:5: found ~; allowed: a mapping'],
    [`name: ${'['.repeat(100_000)}`, 'found values nested too deep; allowed: at most 64 levels'],
    [`name: ${'- '.repeat(100_000)}`, 'found values nested too deep; allowed: at most 64 levels'],
    [`# ${'x'.repeat(maxFileBytes)}`, `allowed: at most ${maxFileBytes} bytes`],
    ['---\nname: a\n'.repeat(1001), 'found 1001 documents; allowed: at most 1000 scenarios'],
  ])('is refused as a whole (case %#)', (text, message) => {
    const found = problems(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('refuses an alias bomb before it grows', () => {
    const group = `[${Array.from({ length: 100 }, (_, i) => i).join(', ')}]`;
    const bomb = Array.from({ length: 101 }, () => '{partition: *groups}').join(', ');
    const text = `name: a\nreplicas: 100\ntimeline: [{partition: &groups [${group}]}, ${bomb}]`;
    expect(problems(text).at(-1)).toContain('allowed: at most 200000 values and 100 uses of');
  });

  it.each([
    { text: '"\\e[31mred": 1', key: '\\u{1b}[31mred', why: 'an escaped control character' },
    { text: '"\u202edees": 1', key: '\\u{202e}dees', why: 'a character that turns the line round' },
    { text: `${'x'.repeat(900)}: 1`, key: `${'x'.repeat(57)}...`, why: 'a long key' },
  ])('shows a key so that it cannot steer or flood the terminal: $why', ({ text, key }) => {
    const [found] = problems(`name: a\n${text}`);
    expect(found).toMatch(/^[\p{L}\p{N}\p{P}\p{S} ]*$/u);
    expect(found).toContain(`a.yaml:2:1: ${key}: found an unknown key`);
  });

  it('shows a value so that it cannot steer the terminal', () => {
    expect(problems('name: a\nseed: \u009b31m')[0]).toContain('found \\u{9b}31m;');
  });

  it('reports everything that is wrong, in the order of the file', () => {
    const found = problems('seed: x\nname: a\nduration: 3\n---\nname: b\nreplicas: 2');
    expect(found.map((line) => line.split(':')[1])).toEqual(['1', '3', '6']);
  });
});

const contractExample = `
name: equivocating-primary
description: why this scenario is here
seed: 7
replicas: 7
profile: localhost
transport: libp2p
storage: level
signatures: ed25519
duration: 60s
network:
  latency: {min: 5ms, max: 25ms}
  loss: 0.01
  duplicate: 0.01
  reorder: 0.05
workload:
  clients: 4
  requests: 200
  rate: 100/s
  outstanding: 8
  invalid: {space: 2, stake: 2, work: 2, time: 2, signature: 1, replay: 1}
adversaries:
  - {replica: 0, behaviour: equivocate, from: 2s, until: 20s}
  - {replicas: [1, 2], behaviour: collude}
timeline:
  - {at: 3s, partition: [[0, 1, 2], [3, 4, 5, 6]], for: 2s}
  - {at: 6s, crash: 2}
  - {at: 8s, restart: 2, disk: lost}
  - {at: 9s, clock: {replica: 1, offset: -45s}}
  - {at: 10s, link: {from: 0, to: 3, loss: 1.0}, for: 1s}
  - {at: 12s, heal: true}
expect:
  outcome: passed
  issued: ">= 190"
  rejected: {space: 2, work: 2}
  isolated: [0]
  accused: [0]
  viewChanges: ">= 1"
  recovered: [2]
  latency: {p90: "<= 100ms"}
`;
