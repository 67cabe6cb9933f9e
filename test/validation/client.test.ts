import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { ed25519 } from '../../src/base/signature.ts';
import { checkCertifiedAnswer } from '../../src/pbft/certified-answer.ts';
import { requestDigest, voteVerifier } from '../../src/pbft/envelope.ts';
import { limits } from '../../src/pbft/limits.ts';
import { encodeMessage } from '../../src/pbft/message-codec.ts';
import { quorum } from '../../src/pbft/quorum.ts';
import { replicaAddress } from '../../src/runtime/ports.ts';
import type { ValidatorOutcome } from '../../src/runtime/validator.ts';
import type { ValidationClient } from '../../src/validation/client.ts';
import { rememberVotes } from '../../src/validation/remembered-votes.ts';
import { type Conduct, FakeWorld, honest, isTrue, lies } from './fakes.ts';

const operation = utf8('issue a.mesh');

function ask(client: ValidationClient, world: FakeWorld, untilMs = 60_000): ValidatorOutcome[] {
  const outcomes: ValidatorOutcome[] = [];
  client.submit(operation, (outcome) => outcomes.push(outcome));
  world.timers.run(untilMs);
  return outcomes;
}

function conducts(...groups: readonly (readonly [number, Conduct])[]): Conduct[] {
  return groups.flatMap(([count, conduct]) => Array.from({ length: count }, () => conduct));
}

describe('a client among honest replicas', () => {
  it.each([4, 5, 7, 10])('hands over what a quorum of %i signed', (n) => {
    const world = new FakeWorld(conducts([n, honest]));
    const [outcome, ...more] = ask(world.client(), world);
    expect(more).toEqual([]);
    if (outcome?.type !== 'certified') throw new Error(`${outcome?.type}`);
    const { certificate, answer, view } = outcome.certified;
    expect(isTrue(operation, answer.result)).toBe(true);
    expect(certificate.votes.map(({ replica }) => replica)).toEqual(
      Array.from({ length: quorum(n) }, (_, i) => i),
    );
    expect(view).toBe(2);
    const verify = voteVerifier(ed25519, world.validators);
    const reason = checkCertifiedAnswer(
      outcome.certified,
      requestDigest(operation),
      world.validators,
      verify,
    );
    expect(reason).toBeNull();
  });

  it('orders the votes by replica, in whatever order they came', () => {
    const world = new FakeWorld(conducts([4, () => []]));
    const client = world.client();
    const outcomes: ValidatorOutcome[] = [];
    client.submit(operation, (outcome) => outcomes.push(outcome));
    for (const index of [3, 0, 2]) {
      const reply = world.replicas[index]?.reply(operation);
      if (reply) world.deliver(replicaAddress(index), encodeMessage(reply));
    }
    world.timers.run(10);
    const [outcome] = outcomes;
    expect(outcome?.type === 'certified' && outcome.certified.certificate.votes).toMatchObject([
      { replica: 0 },
      { replica: 2 },
      { replica: 3 },
    ]);
  });

  it('names no view beyond one that a correct replica is in', () => {
    const inView =
      (view: number): Conduct =>
      (replica, op) => [encodeMessage({ ...replica.reply(op), view })];
    const world = new FakeWorld([inView(999), inView(3), inView(2), () => []]);
    const [outcome] = ask(world.client(), world);
    expect(outcome?.type === 'certified' && outcome.certified.view).toBe(3);
  });

  it('does not ask again once it has the answer', () => {
    const world = new FakeWorld(conducts([4, honest]));
    const client = world.client();
    ask(client, world);
    expect(world.sent.length).toBe(4);
    expect(client.inFlight).toBe(0);
  });
});

describe('a client among liars', () => {
  it.each(Object.keys(lies))('is not moved by a replica that %s', (name) => {
    const lying = lies[name] as Conduct;
    const enough = new FakeWorld([lying, honest, honest, honest]);
    const [outcome] = ask(enough.client(), enough);
    expect(
      outcome?.type === 'certified' && isTrue(operation, outcome.certified.answer.result),
    ).toBe(true);

    const short = new FakeWorld([lying, honest, honest, lying]);
    expect(ask(short.client(), short)).toEqual([{ type: 'timeout' }]);
  });

  it('counts a signer once, however often it answers', () => {
    const thrice: Conduct = (replica, op) => [1, 2, 3].flatMap(() => honest(replica, op));
    const world = new FakeWorld([thrice, thrice, lies.silent as Conduct, lies.silent as Conduct]);
    expect(ask(world.client(), world)).toEqual([{ type: 'timeout' }]);
  });

  it('ignores replies of strangers, even with a quorum of good votes', () => {
    const world = new FakeWorld(conducts([4, lies.silent as Conduct]));
    const client = world.client();
    const outcomes: ValidatorOutcome[] = [];
    client.submit(operation, (outcome) => outcomes.push(outcome));
    for (const [i, replica] of world.replicas.entries()) {
      const from = ['client-1', 'replica-4', 'replica-01', 'replica-1 '][i] as string;
      world.deliver(from, encodeMessage(replica.reply(operation)));
    }
    world.timers.run(100);
    expect(outcomes).toEqual([]);
    expect(client.statistics.foreign).toBe(4);
  });

  it('certifies exactly when a quorum is honest, and then only the truth', () => {
    const conduct = fc.constantFrom('honest', 'honest', 'honest', ...Object.keys(lies));
    const colluders = ['colludes', 'contradictsItself'];
    const cluster = fc.array(conduct, { minLength: 4, maxLength: 8 });
    fc.assert(
      fc.property(cluster, (names) => {
        const n = names.length;
        // A quorum of colluders is beyond what any client can notice.
        fc.pre(names.filter((name) => colluders.includes(name)).length < quorum(n));
        const world = new FakeWorld(names.map((name) => lies[name] ?? honest));
        const [outcome] = ask(world.client(), world);
        const honestOnes = names.filter((name) => name === 'honest').length;
        const expected = honestOnes >= quorum(n) ? 'certified' : 'timeout';
        expect(outcome?.type).toBe(expected);
        if (outcome?.type === 'certified') {
          expect(isTrue(operation, outcome.certified.answer.result)).toBe(true);
        }
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  const strikes: readonly (readonly [string, string, string])[] = [
    ['flipsItsSignature', 'signature', 'its link vouches for the sender, the key does not'],
    ['signsWithAStrangersKey', 'signature', 'only its own key is its vote'],
    ['relaysAnothersVote', 'impersonation', 'a vote counts over its own link only'],
    ['votesUnderAnOldEpoch', 'epoch', 'another membership has another quorum'],
    ['breaksThePath', 'path', 'the vote covers the root, the path must reach it'],
    ['swapsTheResult', 'path', 'a result outside the batch has no path'],
    ['truncates', 'malformed', 'every byte of a frame is accounted for'],
    ['sendsAnotherMessage', 'unexpected', 'replicas send clients replies, nothing else'],
    ['answersTwiceInOneFrame', 'contradiction', 'one request has one result'],
    ['contradictsItself', 'contradiction', 'one sequence has one result'],
    ['floodsSequences', 'contradiction', 'a request is executed once, not forty times'],
    ['answersAnotherRequest', 'late', 'may answer what was asked before: no strike'],
  ];
  it.each(strikes)('notes a replica that %s as %s: %s', (name, reason) => {
    const world = new FakeWorld([lies[name] as Conduct, honest, lies.silent as Conduct, honest]);
    const heard = new Set<string>();
    const client = world.client({
      onIgnored: (ignored) => heard.add(`${ignored.replica} ${ignored.reason}`),
    });
    ask(client, world);
    expect([...heard]).toEqual([`0 ${reason}`]);
    expect(client.statistics.ignored[0]?.[reason as 'path']).toBeGreaterThan(0);
    expect(client.statistics.ignored[1]).toEqual({});
  });
});

describe('a client that waits', () => {
  it('asks those it has not heard again, at doubling intervals, until the deadline', () => {
    const silent = lies.silent as Conduct;
    const world = new FakeWorld([honest, silent, silent, silent]);
    const client = world.client();
    expect(ask(client, world)).toEqual([{ type: 'timeout' }]);
    const times = world.sent.filter(({ to }) => to === 'replica-1').length;
    expect(times).toBeGreaterThan(5);
    // The one that answered is spared in the second attempt.
    expect(world.sent.filter(({ to }) => to === 'replica-0').length).toBe(times - 1);
    expect(client.statistics).toMatchObject({ timedOut: 1, retransmitted: (times - 1) * 4 - 1 });
    const before = world.sent.length;
    world.timers.run(1_000_000);
    expect(world.sent.length).toBe(before);
  });

  it('gets its answer from replicas that come late', () => {
    let calls = 0;
    const lateRiser: Conduct = (replica, op) => (++calls > 4 ? honest(replica, op) : []);
    const world = new FakeWorld(conducts([4, lateRiser]));
    expect(ask(world.client(), world)).toMatchObject([{ type: 'certified' }]);
  });

  it('takes the answer of a second execution when too few kept the first', () => {
    const calls = new Map<number, number>();
    const again =
      (first: boolean): Conduct =>
      (replica, op) => {
        const call = (calls.get(replica.index) ?? 0) + 1;
        calls.set(replica.index, call);
        if (call === 1) return first ? honest(replica, op) : [];
        return [encodeMessage(replica.reply(op, { sequence: 50 }))];
      };
    const world = new FakeWorld([again(true), again(true), again(false), () => []]);
    const [outcome] = ask(world.client(), world);
    if (outcome?.type !== 'certified') throw new Error(`${outcome?.type}`);
    expect(outcome.certified.certificate.statement.sequence).toBe(50);
    expect(isTrue(operation, outcome.certified.answer.result)).toBe(true);
  });

  it('sends the same bytes at the same times from the same seed', () => {
    const run = () => {
      const world = new FakeWorld(conducts([4, lies.silent as Conduct]));
      const log: string[] = [];
      const client = world.client({
        network: {
          onFrame: (receive) => world.onFrame(receive),
          send: (to, frame) => log.push(`${world.timers.nowMs} ${to} ${frame.length}`),
        },
      });
      ask(client, world);
      return log;
    };
    expect(run()).toEqual(run());
  });

  it('refuses at once what is over its bound, and takes more when there is room', () => {
    const world = new FakeWorld(conducts([4, honest]));
    const client = world.client();
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i++) {
      client.submit(utf8(`request ${i}`), ({ type }) => outcomes.push(`${i} ${type}`));
    }
    expect(outcomes).toEqual(['4 refused', '5 refused']);
    world.timers.run(100);
    client.submit(utf8('request 6'), ({ type }) => outcomes.push(`6 ${type}`));
    world.timers.run(200);
    expect(outcomes.slice(2).sort()).toEqual([0, 1, 2, 3, 6].map((i) => `${i} certified`));
  });

  it('refuses an operation no replica would read', () => {
    const world = new FakeWorld(conducts([4, honest]));
    const outcomes: ValidatorOutcome[] = [];
    world.client().submit(new Uint8Array(limits.operationBytes + 1), (o) => outcomes.push(o));
    expect(outcomes).toEqual([{ type: 'refused', reason: 'tooLarge' }]);
    expect(world.sent).toEqual([]);
  });

  it('asks once for two callers with the same operation, and answers both', () => {
    const world = new FakeWorld(conducts([4, honest]));
    const client = world.client();
    const outcomes: string[] = [];
    client.submit(operation, ({ type }) => outcomes.push(type));
    client.submit(operation.slice(), ({ type }) => outcomes.push(type));
    world.timers.run(100);
    expect(outcomes).toEqual(['certified', 'certified']);
    expect(world.sent.length).toBe(4);
  });

  it('tells everyone who waits when it is stopped, and leaves no timer behind', () => {
    const world = new FakeWorld(conducts([4, lies.silent as Conduct]));
    const client = world.client();
    const outcomes: ValidatorOutcome[] = [];
    client.submit(operation, (outcome) => outcomes.push(outcome));
    client.stop();
    client.submit(utf8('after'), (outcome) => outcomes.push(outcome));
    world.timers.run(60_000);
    const stopped = { type: 'refused', reason: 'stopped' };
    expect(outcomes).toEqual([stopped, stopped]);
    expect(world.sent.length).toBe(4);
  });
});

describe('remembered votes', () => {
  it('are checked once for all answers of a batch, and again for another signature', () => {
    const world = new FakeWorld(conducts([4, honest]));
    const plain = voteVerifier(ed25519, world.validators);
    let checks = 0;
    const verify = rememberVotes((...vote) => {
      checks++;
      return plain(...vote);
    }, 2);
    const votes = world.replicas.map((replica) => replica.reply(operation).vote);
    const check = (i: number, signature = votes[i]?.signature) =>
      verify(i, votes[i]?.payload as Uint8Array, signature as Uint8Array);
    expect([check(0), check(0), check(0)]).toEqual([true, true, true]);
    expect(checks).toBe(1);
    expect(check(0, new Uint8Array(64))).toBe(false);
    expect(check(0, votes[1]?.signature)).toBe(false);
    expect(checks).toBe(3);
    check(1);
    check(2); // over the capacity: the oldest goes
    expect(checks).toBe(5);
    check(0); // but of each replica the last one is still there
    expect(checks).toBe(5);
    const later = world.replicas[0]?.reply(utf8('another')).vote;
    expect(later?.payload).not.toEqual(votes[0]?.payload);
    for (const vote of [later, votes[0], later]) {
      expect(verify(0, vote?.payload as Uint8Array, vote?.signature as Uint8Array)).toBe(true);
    }
    expect(checks).toBe(7);
    expect(verify(0, later?.payload as Uint8Array, votes[0]?.signature as Uint8Array)).toBe(false);
    expect(verify(1, later?.payload as Uint8Array, later?.signature as Uint8Array)).toBe(false);
  });
});
