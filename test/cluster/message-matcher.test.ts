import { describe, expect, it } from 'vitest';
import { MessageMatcher } from '../../src/cluster/message-matcher.ts';
import { type WireNote, WireTap } from '../../src/cluster/wire-tap.ts';
import { encodeMessage } from '../../src/pbft/message-codec.ts';
import type { RunEvent } from '../../src/scenario/trace.ts';

const frame = encodeMessage({ type: 'fetchBatch', batchDigest: 'ab'.repeat(32) });

/** Two processes whose notes reach the matcher when a test says so. */
function start() {
  const told: RunEvent[] = [];
  const matcher = new MessageMatcher(
    (event) => told.push(event),
    (peer) => (peer === 'peer-12D3' ? 'client-0' : peer),
  );
  const clock = { ms: 0 };
  const end = (self: string) => {
    const notes: WireNote[] = [];
    const tap = new WireTap(
      () => clock.ms,
      (note) => notes.push(note),
    );
    const report = () => {
      for (const note of notes.splice(0)) matcher.add(self, note);
    };
    return { tap, report };
  };
  return { told, matcher, clock, end };
}

const flights = (told: readonly RunEvent[]) =>
  told.map((event) =>
    event.type === 'message'
      ? `${event.from}>${event.to} ${event.kind} ${event.atMs}-${event.deliveredAtMs}`
      : event.type,
  );

describe('what both ends of a link say of a frame', () => {
  it('is one message, whoever reports first', () => {
    for (const receiverFirst of [false, true]) {
      const { told, clock, end } = start();
      const [a, b] = [end('replica-0'), end('replica-1')];
      clock.ms = 3;
      a.tap.onSend('replica-1', frame);
      clock.ms = 5;
      b.tap.onReceive('replica-0', new Uint8Array(frame));
      for (const { report } of receiverFirst ? [b, a] : [a, b]) report();
      expect(flights(told)).toEqual(['replica-0>replica-1 fetchBatch 3-5']);
    }
  });

  it('joins equal frames in the order they were sent', () => {
    const { told, clock, end } = start();
    const [a, b] = [end('replica-0'), end('replica-1')];
    for (clock.ms = 1; clock.ms <= 2; clock.ms++) a.tap.onSend('replica-1', frame);
    for (clock.ms = 7; clock.ms <= 8; clock.ms++) b.tap.onReceive('replica-0', frame);
    a.report();
    b.report();
    expect(flights(told)).toEqual([
      'replica-0>replica-1 fetchBatch 1-7',
      'replica-0>replica-1 fetchBatch 2-8',
    ]);
  });

  it('tells links and directions apart, and knows clients by name', () => {
    const { told, matcher, end } = start();
    const [client, replica] = [end('client-0'), end('replica-1')];
    client.tap.onSend('replica-1', frame);
    client.tap.onSend('replica-2', frame);
    replica.tap.onReceive('peer-12D3', frame);
    replica.tap.onReceive('replica-2', frame);
    client.report();
    replica.report();
    expect(flights(told)).toEqual(['client-0>replica-1 fetchBatch 0-0']);
    matcher.finish();
    expect(flights(told).slice(1)).toEqual(['client-0>replica-2 fetchBatch 0-null']);
  });
});
