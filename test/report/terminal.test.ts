import { describe, expect, it } from 'vitest';
import { makePaint } from '../../src/report/paint.ts';
import {
  formatHeader,
  formatLine,
  formatSummary,
  formatVerdict,
} from '../../src/report/terminal.ts';
import type { RunResult } from '../../src/scenario/result.ts';
import { record, sample } from './sample.ts';

const plain = makePaint(false);
const verdict = (change: Partial<RunResult>) =>
  formatVerdict({ ...sample, ...change }, null, plain);

// Commit a changed picture only when you can explain every line of the change.
const picture = `
PASSED  two-faced
4 replicas (f = 1), libp2p, seed 7, 14.3 s on real processes

asked    2 certificates by 2 clients, 1 of them broken on purpose
issued   1
refused  1

Refused
  request               proof  reason           measured  required
  host-2.client-1.mesh  work   not enough work  5 bits    14 bits

Misbehaviour
  replica 0: conflictingPrePrepare, proved by replicas 1, 2 and 3 after 412 ms
      message         prePrepare                          prePrepare
      view            0                                   0
      sequence        4                                   4
    ≠ batchDigest     aa                                  bb
    ≠ SHA-256         6e340b9cffb37a989ca544e6bb780a2c…   4bf5122f344554c53bde2ebb8cd2b7e3…
      signature       abababababababababababababababab…   abababababababababababababababab…
  found out: replica 0, 12 ms and 31 messages after it broke the protocol first

How it went
  view changes  1
  latency       p50 12 ms, p90 1.5 s, p99 1.5 s, max 1.5 s
  throughput    1,234.5 answers per second
  messages      2,451 sent, 2,440 delivered, 11 lost; 7.6 MiB
  trace digest  ${'de'.repeat(32)}

Expectations
  ✓ outcome: expected passed
  ✓ issued: expected >= 1, found 1

Files
  out/two-faced
  check one: hypermesh verify x
`.trim();

describe('the verdict on one run', () => {
  it('tells outcome, requests, refusals, lies, course, expectations, files, in this order', () => {
    const files = { directory: 'out/two-faced', checkCommand: 'hypermesh verify x' };
    expect(formatVerdict(sample, files, plain)).toBe(picture);
  });

  it('stays within 100 columns, whatever the texts', () => {
    const failures = [
      {
        proof: 'space' as const,
        reason: 'long '.repeat(30),
        measured: 'x'.repeat(90),
        required: '',
      },
    ];
    const name = `${'n'.repeat(64)}.mesh`;
    const requests = [record({ name, outcome: 'rejected', broken: 'space', failures })];
    const lines = verdict({ requests }).split('\n');
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(100);
  });

  it('shows a safety violation before anything that went well', () => {
    const violations = [
      { checker: 'agreement', sequence: 12, replicas: [1, 3], atMs: 812, detail: 'two batches' },
    ];
    const text = verdict({ outcome: 'diverged', violations });
    expect(text).toContain('DIVERGED  two-faced');
    expect(text).toContain('agreement at sequence 12, replicas 1 and 3 after 812 ms: two batches');
    expect(text.indexOf('SAFETY VIOLATED')).toBeLessThan(text.indexOf('Refused'));
  });

  it('shows what came before a violation in virtual time, and how to repeat it', () => {
    const trace = ['811.5 ms replica-0 -> replica-1 commit view=0 sequence=12'];
    const place = { sequence: 12, replicas: [1], atMs: 812, detail: 'two batches' };
    // Whoever looks at results alone knows of no trace.
    const violations = [
      { checker: 'execution', ...place },
      { checker: 'agreement', ...place, trace },
    ];
    const text = verdict({ outcome: 'diverged', violations, repeat: 'npx hypermesh run a.yaml' });
    expect(text).toContain(`    ${trace[0]}\n  repeat it: npx hypermesh run a.yaml`);
    expect(verdict({ outcome: 'diverged', violations })).not.toContain('repeat it');
  });

  it('calls a broken promise of progress by its name', () => {
    const place = { sequence: null, replicas: [], atMs: 812 };
    const violations = [{ checker: 'progress', ...place, detail: 'nothing for 9 s' }];
    const text = verdict({ outcome: 'stalled', violations });
    expect(text).toContain('NO PROGRESS WHERE IT IS PROMISED');
    expect(text).not.toContain('SAFETY');
  });

  it('names requests without an answer, and says when the run was cut short', () => {
    const requests = [record({ name: 'waits.mesh', outcome: 'pending', latencyMs: null })];
    const text = verdict({ outcome: 'stalled', partial: true, pending: 1, requests });
    expect(text).toContain('CUT SHORT  two-faced');
    expect(text).toContain('What follows is partial: stalled so far.');
    expect(text).toContain('Without an answer\n  waits.mesh');
  });

  it('marks a broken expectation and shows what was found', () => {
    const expectations = [{ name: 'issued', expected: '2', actual: '1', held: false }];
    expect(verdict({ expectations })).toContain('✗ issued: expected 2, found 1');
  });

  it('lets no text of others steer the terminal', () => {
    const requests = [record({ name: 'a\u001b[2J\nb', outcome: 'pending' })];
    expect(verdict({ pending: 1, requests })).toContain('a�[2J�b');
  });

  it('colours only when told to', () => {
    expect(verdict({})).not.toContain('\u001b');
    expect(formatVerdict(sample, null, makePaint(true))).toContain('\u001b[32mPASSED');
  });
});

describe('the verdict on a run nobody answered', () => {
  const silence: RunResult = {
    ...sample,
    issued: 0,
    rejected: { ...sample.rejected, total: 0, work: 0 },
    latencyMs: { p50: 0, p90: 0, p99: 0, max: 0 },
  };

  it('claims no latency', () => {
    expect(formatVerdict(silence, null, plain)).toContain('latency       p50 -, p90 -, p99 -');
    expect(formatLine(silence, plain)).toMatch(/ {2}1 {8}- {5}14\.3 s {2}accused 0$/);
  });
});

describe('the verdict on several runs', () => {
  const stalled: RunResult = {
    ...sample,
    scenario: 'partition',
    outcome: 'stalled',
    pending: 3,
    expectations: [
      { name: 'outcome', expected: 'passed', actual: 'stalled', held: false },
      { name: 'issued', expected: '1', actual: '1', held: true },
    ],
  };

  it('has a line for each under one title', () => {
    const calm = { ...sample, accused: [], viewChanges: 0, wallMs: 125_000 };
    const lines = [calm, sample, stalled].map((result) => formatLine(result, plain));
    expect([formatHeader(plain), ...lines].map((line) => line.replace(/ {22}/, ' '))).toEqual([
      'outcome    scenario       issued  refused  views      p90       took  remarks',
      'PASSED     two-faced           1        1      0    1.5 s  2 min 5 s',
      'PASSED     two-faced           1        1      1    1.5 s     14.3 s  accused 0',
      'STALLED    partition           1        1      1    1.5 s     14.3 s  3 pending, accused 0',
    ]);
  });

  it('ends in what did not go as expected, and what took longest', () => {
    const held = (result: RunResult) => result.expectations.every((each) => each.held);
    expect(formatSummary([sample, stalled], held, plain).split('\n')).toEqual([
      'partition  seed 7, libp2p',
      '  ✗ outcome: expected passed, found stalled',
      '',
      '1 of 2 scenarios not as expected',
    ]);
    expect(formatSummary([sample], held, plain)).toContain('all 1 scenarios as expected');
    expect(formatSummary([sample], held, plain, 2)).toMatch(/as expected\n2 scenarios not begun$/);
    const many = [1000, 9000, 2000, 3000].map((wallMs, i) => {
      return { ...sample, scenario: `s${i}`, wallMs };
    });
    expect(formatSummary(many, held, plain)).toMatch(
      /as expected\n15 s in all; longest: s1 9 s, s3 3 s, s2 2 s$/,
    );
  });

  it('tells what hostile clients did and came to', () => {
    const client = { behaviour: 'conflict', misdeeds: 24, asked: 48, answered: 47, honoured: 23 };
    const hostileClients = [{ ...client, throttledBy: [1, 2] }];
    expect(formatVerdict({ ...sample, hostileClients }, null, plain)).toContain(
      [
        '  hostile client 0: conflict, 24 misdeeds; 48 operations asked about, 47 answered,',
        '23 honoured;\n    read slowly by replicas 1 and 2\n',
      ].join(' '),
    );
  });

  it('wraps what a checker says, and shortens the digests in it', () => {
    const detail = `replica 2 has batch ${'ab'.repeat(32)} at 1767225600018, replica 3 has another`;
    const violation = { checker: 'agreement', sequence: 3, replicas: [2, 3], atMs: 228, detail };
    const diverged = { ...sample, violations: [violation] };
    expect(formatVerdict(diverged, null, plain)).toContain(
      [
        '  agreement at sequence 3, replicas 2 and 3 after 228 ms: replica 2 has batch',
        'abababababab… at\n    1767225600018, replica 3 has another\n',
      ].join(' '),
    );
  });
});
