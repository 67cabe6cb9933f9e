import type { RequestRecord, RunResult } from '../../src/scenario/result.ts';

export function record(change: Partial<RequestRecord>): RequestRecord {
  return {
    name: 'host-1.client-0.mesh',
    client: 0,
    broken: null,
    outcome: 'issued',
    serial: '0a1b',
    failures: [],
    latencyMs: 12,
    sequence: 2,
    ...change,
  };
}

const signed = { type: 'prePrepare', signature: 'ab'.repeat(64) };

/** A run in which replica 0 lied and one request was refused. */
export const sample: RunResult = {
  scenario: 'two-faced',
  seed: 7,
  transport: 'libp2p',
  replicas: 4,
  f: 1,
  outcome: 'passed',
  issued: 1,
  rejected: { total: 1, space: 0, stake: 0, work: 1, time: 0, signature: 0, replay: 0 },
  pending: 0,
  viewChanges: 1,
  accused: [0],
  isolated: [],
  suspected: [],
  recovered: [],
  latencyMs: { p50: 12, p90: 1500, p99: 1500, max: 1500 },
  throughputPerSecond: 1234.5,
  messages: { sent: 2451, delivered: 2440, dropped: 11 },
  bytesSent: 8_000_000,
  virtualMs: 14_300,
  wallMs: 14_300,
  traceDigest: 'de'.repeat(32),
  expectations: [
    { name: 'outcome', expected: 'passed', actual: 'passed', held: true },
    { name: 'issued', expected: '>= 1', actual: '1', held: true },
  ],
  violations: [],
  accusations: [
    {
      accused: 0,
      evidence: 'conflictingPrePrepare',
      by: [1, 2, 3],
      atMs: 412,
      messages: [
        { ...signed, fields: { view: 0, sequence: 4, batchDigest: 'aa' }, payload: '00' },
        { ...signed, fields: { view: 0, sequence: 4, batchDigest: 'bb' }, payload: '01' },
      ],
    },
  ],
  detections: [{ replica: 0, evidence: 'conflictingPrePrepare', ms: 12, messages: 31 }],
  requests: [
    record({}),
    record({
      name: 'host-2.client-1.mesh',
      client: 1,
      broken: 'work',
      outcome: 'rejected',
      serial: null,
      failures: [
        { proof: 'work', reason: 'not enough work', measured: '5 bits', required: '14 bits' },
      ],
    }),
  ],
  partial: false,
};
