import { describe, expect, it } from 'vitest';
import { limits } from '../../src/pbft/limits.ts';
import type { CertifiedAnswer, ValidatorOutcome } from '../../src/runtime/validator.ts';
import { NoAnswer } from '../../src/validation/http-fault.ts';
import { httpPolicies } from '../../src/validation/http-policy.ts';
import { nop } from './http-cluster.ts';
import {
  after,
  certifies,
  fails,
  HttpWorld,
  isSilent,
  sheds,
  withVirtualDate,
} from './http-world.ts';

withVirtualDate();

const operation = nop(1);

/** What becomes of a promise, to be looked at later. */
function watch(promise: Promise<CertifiedAnswer>): { got?: CertifiedAnswer | NoAnswer } {
  const seen: { got?: CertifiedAnswer | NoAnswer } = {};
  promise.then(
    (answer) => {
      seen.got = answer;
    },
    (error: NoAnswer) => {
      seen.got = error;
    },
  );
  return seen;
}

describe('the profiles of the contract', () => {
  it('say what the contract says', () => {
    expect(httpPolicies).toMatchObject({
      localhost: {
        timeoutMs: 30_000,
        retries: 3,
        retryMs: 500,
        cacheMs: 300_000,
        verifyTls: false,
      },
      production: {
        timeoutMs: 60_000,
        retries: 5,
        retryMs: 1_000,
        cacheMs: 600_000,
        verifyTls: true,
      },
    });
  });
});

describe('failing over', () => {
  it('goes to the next endpoint at once when one fails, and stays there', async () => {
    const world = new HttpWorld({ a: fails, b: certifies(operation) });
    const client = world.client({ cacheMs: 0 });
    await Promise.all([client.ask(operation), world.run(0)]);
    await Promise.all([client.ask(operation), world.run(0)]);
    expect(world.log).toEqual(['0 a', '0 b', '0 b']);
    expect(client.statistics.retries).toBe(0);
  });

  it('asks the next one as well when one is silent, and takes whichever answers', async () => {
    const slow = after(5_000, certifies(operation));
    const world = new HttpWorld({ a: slow, b: isSilent });
    const client = world.client();
    const seen = watch(client.ask(operation));
    await world.run(6_000);
    expect(world.log).toEqual(['0 a', '2000 b']);
    expect(seen.got).toMatchObject({ view: 2 });
    // The one asked later did nothing wrong by then.
    expect(client.statistics.endpoints[1]).toMatchObject({ failures: { cancelled: 1 } });
  });

  it('holds it against an endpoint that another one, asked later, outran', async () => {
    const world = new HttpWorld({ a: isSilent, b: certifies(operation) });
    const client = world.client();
    await Promise.all([client.ask(operation), world.run(3_000)]);
    expect(client.statistics.endpoints[0]).toMatchObject({ failures: { silent: 1 }, answers: 0 });
  });

  it('asks a second endpoint a few questions only when the whole cluster is slow', async () => {
    const world = new HttpWorld({ a: isSilent, b: isSilent });
    const client = world.client({ attemptMs: 30_000 });
    for (let i = 0; i < 50; i++) watch(client.ask(nop(i)));
    await world.run(20_000);
    const asked = (name: string) => world.log.filter((line) => line.endsWith(name)).length;
    expect(asked('a')).toBe(50);
    // What was saved up; fifty questions at once earn no more than is saved already.
    expect(asked('b')).toBe(16);
  });

  it('earns that back by asking', async () => {
    const world = new HttpWorld({ a: isSilent, b: isSilent });
    const client = world.client({ attemptMs: 30_000, maxInFlight: 100 });
    for (let i = 0; i < 16; i++) watch(client.ask(nop(i)));
    await world.run(2_000);
    for (let i = 16; i < 26; i++) watch(client.ask(nop(i)));
    await world.run(20_000);
    expect(world.log.filter((line) => line.endsWith('b'))).toHaveLength(18);
  });

  it('gives one endpoint no more than its attempt', async () => {
    const world = new HttpWorld({ a: isSilent });
    const client = world.client({ retries: 0 });
    const seen = watch(client.ask(operation));
    await world.run(11_000);
    expect(seen.got).toMatchObject({ code: 'HYPERMESH_NO_ANSWER', faults: [{ kind: 'silent' }] });
  });
});

describe('retrying', () => {
  it('waits at most 500 ms, then twice as long each time, and three times in all', async () => {
    const world = new HttpWorld({ a: fails });
    const seen = watch(world.client().ask(operation));
    await world.run(10_000, 10);
    const times = world.log.map((line) => Number.parseInt(line, 10));
    expect(times).toHaveLength(4);
    const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
    for (const [i, most] of [500, 1_000, 2_000].entries()) {
      expect(gaps[i]).toBeGreaterThan(0);
      expect(gaps[i]).toBeLessThanOrEqual(most + 10);
    }
    expect(seen.got).toMatchObject({ code: 'HYPERMESH_NO_ANSWER', faults: [{ attempts: 4 }] });
  });

  it('does not ask again who refused the question, nor wait when all have', async () => {
    const refuses = () => ({ ok: false, fault: { kind: 'rejected', detail: '422' } }) as const;
    const world = new HttpWorld({ a: refuses, b: refuses });
    const client = world.client();
    const seen = watch(client.ask(operation));
    await world.run(0);
    expect(seen.got).toMatchObject({ faults: [{ kind: 'rejected' }, { kind: 'rejected' }] });
    expect(world.log).toEqual(['0 a', '0 b']);
    // A poisoned question is no reason to leave the nodes alone.
    expect(client.statistics.endpoints.map(({ breaker }) => breaker)).toEqual(['closed', 'closed']);
  });

  it('ends at the deadline, whatever is under way, and says what each endpoint did', async () => {
    const world = new HttpWorld({ a: isSilent, b: fails });
    const client = world.client({ attemptMs: 60_000, hedgeMs: 60_000, timeoutMs: 5_000 });
    const seen = watch(client.ask(operation));
    await world.run(4_950);
    expect(seen.got).toBeUndefined();
    await world.run(5_000);
    expect(seen.got).toMatchObject({
      code: 'HYPERMESH_DEADLINE',
      faults: [{ endpoint: 'http://a', kind: 'silent', attempts: 1 }],
    });
    expect((seen.got as NoAnswer).message).toBe(
      'no proven answer within 5000 ms\n  http://a: silent: no answer',
    );
  });

  it('comes back when a busy endpoint said it would be free', async () => {
    const world = new HttpWorld({
      a: (context) => (context.time === 1 ? sheds(7_000) : certifies(operation))(context),
    });
    const seen = watch(world.client().ask(operation));
    await world.run(8_000);
    expect(world.log).toEqual(['0 a', '7000 a']);
    expect(seen.got).toMatchObject({ view: 2 });
  });

  it('gives up at once when nobody will be free before the deadline', async () => {
    const world = new HttpWorld({ a: sheds(40_000), b: sheds(50_000) });
    const seen = watch(world.client().ask(operation));
    await world.run(0);
    expect(seen.got).toMatchObject({ faults: [{ kind: 'shedding' }, { kind: 'shedding' }] });
  });

  it('leaves a busy endpoint alone meanwhile, also for other questions', async () => {
    const world = new HttpWorld({ a: sheds(7_000), b: certifies(operation) });
    const client = world.client({ cacheMs: 0 });
    await Promise.all([client.ask(operation), world.run(0)]);
    watch(client.ask(nop(2)));
    await world.run(0);
    expect(world.log.filter((line) => line.endsWith('a'))).toEqual(['0 a']);
  });
});

describe('the breaker of an endpoint', () => {
  it('opens after five failures in a row, and tries again with one question', async () => {
    const world = new HttpWorld({
      a: (context) => (context.time <= 5 ? fails : certifies(operation))(context),
    });
    const client = world.client({ retries: 0, cacheMs: 0 });
    for (let i = 0; i < 6; i++) {
      watch(client.ask(operation));
      await world.run(i);
    }
    expect(world.log).toHaveLength(5);
    expect(client.statistics.endpoints[0]).toMatchObject({
      breaker: 'open',
      failures: { failed: 5, resting: 1 },
    });
    await world.run(1_050);
    const seen = watch(client.ask(operation));
    await world.run(1_050);
    expect(seen.got).toMatchObject({ view: 2 });
    expect(client.statistics.endpoints[0]).toMatchObject({ breaker: 'closed', answers: 1 });
  });

  it('opens at one lie, and for longer', async () => {
    const lies = certifies(nop(99));
    const world = new HttpWorld({ a: lies });
    const client = world.client();
    const seen = watch(client.ask(operation));
    await world.run(0);
    // It rests past the deadline: no use in waiting for it.
    expect(seen.got).toMatchObject({ faults: [{ kind: 'lying', attempts: 1 }] });
    expect(client.statistics.endpoints[0]?.breaker).toBe('open');
    await world.run(59_000, 1_000);
    watch(client.ask(operation));
    await world.run(59_000);
    expect(world.log).toEqual(['0 a']);
    await world.run(61_000, 1_000);
    watch(client.ask(operation));
    await world.run(61_000);
    expect(world.log).toHaveLength(2);
  });
});

describe('the memory of a client', () => {
  it('answers what was answered before, for as long as the profile says', async () => {
    const world = new HttpWorld({ a: certifies(operation) });
    const client = world.client();
    for (const atMs of [0, 299_000, 301_000]) {
      await world.run(atMs, 1_000);
      await Promise.all([client.ask(operation), world.run(atMs)]);
    }
    expect(world.log).toEqual(['0 a', '301000 a']);
    expect(client.statistics).toMatchObject({ submitted: 3, certified: 3, cached: 1 });
  });

  it('remembers no failure', async () => {
    const world = new HttpWorld({
      a: (context) => (context.time === 1 ? fails : certifies(operation))(context),
    });
    const client = world.client({ retries: 0 });
    const first = watch(client.ask(operation));
    await world.run(0);
    expect(first.got).toBeInstanceOf(NoAnswer);
    const second = watch(client.ask(operation));
    await world.run(0);
    expect(second.got).toMatchObject({ view: 2 });
  });
});

describe('callers of a client', () => {
  it('share one question when they ask the same', async () => {
    const world = new HttpWorld({ a: after(100, certifies(operation)) });
    const client = world.client();
    const seen = [watch(client.ask(operation)), watch(client.ask(operation.slice()))];
    await world.run(200);
    expect(seen.map(({ got }) => got)).toMatchObject([{ view: 2 }, { view: 2 }]);
    expect(world.log).toEqual(['0 a']);
    expect(client.statistics.joined).toBe(1);
  });

  it('are refused at once over the bound, and when no replica would read the bytes', async () => {
    const world = new HttpWorld({ a: isSilent });
    const client = world.client({ maxInFlight: 2 });
    const outcomes: ValidatorOutcome[] = [];
    for (let i = 0; i < 3; i++) client.submit(nop(i), (outcome) => outcomes.push(outcome));
    client.submit(new Uint8Array(limits.clientOperationBytes + 1), (o) => outcomes.push(o));
    await world.run(0);
    expect(outcomes).toEqual([
      { type: 'refused', reason: 'overloaded' },
      { type: 'refused', reason: 'tooLarge' },
    ]);
    expect(world.log).toHaveLength(2);
  });

  it('may stop waiting one by one; the question ends with the last of them', async () => {
    const world = new HttpWorld({ a: isSilent });
    const client = world.client();
    const [first, second] = [new AbortController(), new AbortController()];
    const seen = [
      watch(client.ask(operation, first.signal)),
      watch(client.ask(operation, second.signal)),
    ];
    await world.run(0);
    first.abort();
    await world.run(0);
    expect(seen.map(({ got }) => (got as NoAnswer | undefined)?.code)).toEqual([
      'HYPERMESH_CANCELLED',
      undefined,
    ]);
    expect(client.statistics.inFlight).toBe(1);
    second.abort();
    await world.run(0);
    expect(client.statistics.inFlight).toBe(0);
    expect(client.statistics.endpoints[0]?.failures).toEqual({ cancelled: 1 });
  });

  it('begin anew when those before them have left, and do not share their fate', async () => {
    const never = new Promise<never>(() => {});
    const world = new HttpWorld({
      a: (context) => (context.time === 1 ? never : certifies(operation)(context)),
    });
    const client = world.client();
    const caller = new AbortController();
    watch(client.ask(operation, caller.signal));
    await world.run(0);
    caller.abort();
    await world.run(0);
    const seen = watch(client.ask(operation));
    await world.run(0);
    expect(seen.got).toMatchObject({ view: 2 });
  });

  it('are all told when the client is stopped, and refused from then on', async () => {
    const world = new HttpWorld({ a: isSilent });
    const client = world.client();
    const outcomes: ValidatorOutcome[] = [];
    client.submit(operation, (outcome) => outcomes.push(outcome));
    await world.run(0);
    await client.stop();
    client.submit(nop(2), (outcome) => outcomes.push(outcome));
    await world.run(0);
    const stopped = { type: 'refused', reason: 'stopped' };
    expect(outcomes).toEqual([stopped, stopped]);
    expect(client.statistics.inFlight).toBe(0);
  });

  it('are told in a callback which endpoint failed how', async () => {
    const world = new HttpWorld({ a: fails });
    const faults: string[] = [];
    const onFault = ({ endpoint, kind }: { endpoint: string; kind: string }) => {
      faults.push(`${endpoint} ${kind}`);
    };
    const client = world.client({ retries: 1 }, { onFault });
    const outcomes: ValidatorOutcome[] = [];
    client.submit(operation, (outcome) => outcomes.push(outcome));
    await world.run(1_000);
    const detail = expect.stringContaining('http://a: failed: 500 (asked 2 times)');
    expect(outcomes).toEqual([{ type: 'timeout', detail }]);
    expect(faults).toEqual(['http://a failed', 'http://a failed']);
    expect(client.statistics).toMatchObject({ retries: 1, failed: { HYPERMESH_NO_ANSWER: 1 } });
  });
});

describe('the addresses of a client', () => {
  it.each([
    [[], '1 to 255 endpoints'],
    [['http://a', 'http://a/'], 'an endpoint named twice'],
    [['ftp://a'], 'ftp://a: no http or https address'],
    [['a:b:c'], 'a:b:c: no http or https address'],
  ])('%j are refused: %s', (endpoints, message) => {
    const world = new HttpWorld({ a: fails });
    expect(() => world.client({}, { endpoints })).toThrow(message);
  });
});
