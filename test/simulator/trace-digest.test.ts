import { expect, test } from 'vitest';
import { TraceDigest } from '../../src/simulator/trace-digest.ts';

type Story = (trace: TraceDigest) => void;

function digestOf(story: Story, head = 'seed 1'): string {
  const trace = new TraceDigest(head);
  story(trace);
  return trace.finish();
}

const frame = Uint8Array.of(4, 5, 6);
const base: Story = (trace) => {
  trace.sent(0, 1, frame, 1000);
  trace.undelivered(0, 1, 1000);
  trace.timer(2, 1500);
  trace.decided(1, 1, 'aa', 1600);
};

test('the same events give the same digest', () => {
  expect(digestOf(base)).toBe(digestOf(base));
});

const changed: { why: string; story: Story }[] = [
  { why: 'another receiver', story: (t) => t.sent(0, 2, frame, 1000) },
  { why: 'another sender', story: (t) => t.sent(3, 1, frame, 1000) },
  { why: 'another byte', story: (t) => t.sent(0, 1, Uint8Array.of(4, 5, 7), 1000) },
  { why: 'a microsecond later', story: (t) => t.sent(0, 1, frame, 1001) },
  { why: 'lost', story: (t) => t.sent(0, 1, frame, null) },
  { why: 'nobody there', story: (t) => t.undelivered(0, 1, 1000) },
  { why: 'a timer', story: (t) => t.timer(0, 1000) },
  { why: 'a decision', story: (t) => t.decided(0, 1, 'aa', 1000) },
  { why: 'another decision', story: (t) => t.decided(0, 1, 'ab', 1000) },
];

test('any change of an event changes the digest', () => {
  const digests = [digestOf((t) => t.sent(0, 1, frame, 1000))];
  for (const { story } of changed) digests.push(digestOf(story));
  expect(new Set(digests).size).toBe(digests.length);
});

test('the head alone changes the digest', () => {
  expect(digestOf(base, 'seed 1')).not.toBe(digestOf(base, 'seed 2'));
});

test('a long trace does not depend on how it falls into buffers', () => {
  const long: Story = (trace) => {
    for (let i = 0; i < 10_000; i++) trace.timer(i % 7, i);
    trace.sent(0, 1, new Uint8Array(200_000).fill(3), 5);
    trace.sent(0, 2, new Uint8Array(60_000).fill(4), 6);
  };
  const shifted: Story = (trace) => {
    trace.timer(1, 1);
    long(trace);
  };
  expect(digestOf(long)).toBe(digestOf(long));
  expect(digestOf(long)).not.toBe(digestOf(shifted));
});
