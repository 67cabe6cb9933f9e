import { describe, expect, it } from 'vitest';
import { behaviours, type VillainName } from '../../src/adversaries/behaviours.ts';
import type { AdversaryKit } from '../../src/adversaries/kit.ts';
import { headerDigest, requestDigest } from '../../src/pbft/envelope.ts';
import type { Message, MessageOf, MessageType } from '../../src/pbft/messages.ts';
import type { Effect, Input } from '../../src/pbft/replica.ts';
import {
  checkpoint,
  commit,
  kitOf,
  operations,
  prePrepare,
  prepare,
  reaching,
  Scripted,
  startMs,
  tick,
  toOthers,
} from './fakes.ts';

/** One villain around a script, stepped with ticks 10 ms apart; all its effects. */
function play(name: VillainName, script: Effect[][], changes: Partial<AdversaryKit> = {}) {
  const replica = behaviours[name](kitOf(changes))(new Scripted(...script));
  return script.flatMap((_, i) => replica.step(tick, startMs + i * 10));
}

function only<T extends MessageType>(messages: readonly Message[], type: T): MessageOf<T>[] {
  return messages.filter((message): message is MessageOf<T> => message.type === type);
}

const proposals = Array.from({ length: 16 }, (_, i) => prePrepare(0, 4, i + 1));
const others = [1, 2, 3];

describe('silent', () => {
  it('sends nothing to anyone, not even a reply or a chunk', () => {
    const script: Effect[] = [
      ...proposals.map(toOthers),
      { type: 'reply', vote: checkpoint(0, 1).vote },
      { type: 'serveChunk', to: 1, sequence: 16, chunk: 0 },
    ];
    expect(play('silent', [script])).toEqual([]);
  });

  it('says nothing to its victims alone, where some are named', () => {
    const reply: Effect = { type: 'reply', vote: checkpoint(0, 1).vote };
    const chunk = (to: number): Effect => ({ type: 'serveChunk', to, sequence: 16, chunk: 0 });
    const [proposal] = proposals;
    const script: Effect[] = [toOthers(proposal!), reply, chunk(1), chunk(2)];
    const send = (to: number): Effect => ({ type: 'send', to, message: proposal! });
    const options = { victims: [2, 3] };
    expect(play('silent', [script], { options })).toEqual([send(1), reply, chunk(1)]);
  });
});

describe('delay', () => {
  it('holds each message, then sends all of them unchanged', () => {
    const replica = behaviours.delay(kitOf({ options: { delayMs: 100 } }))(
      new Scripted(proposals.map(toOthers)),
    );
    expect(replica.step(tick, startMs)).toEqual([]);
    expect(replica.step(tick, startMs + 49)).toEqual([]);
    const late = [50, 75, 100].flatMap((ms) => [...replica.step(tick, startMs + ms)]);
    expect(new Set(late)).toEqual(new Set(proposals.map(toOthers)));
  });

  it('keeps below the request timeout unless told otherwise', () => {
    const replica = behaviours.delay(kitOf())(new Scripted([toOthers(prePrepare(0, 0, 1))]));
    replica.step(tick, startMs);
    const { requestTimeoutMs } = kitOf().parameters;
    expect(replica.step(tick, startMs + requestTimeoutMs - 1)).toHaveLength(1);
  });

  it('does not hold replies, which belong to the step of their batch', () => {
    const reply: Effect = { type: 'reply', vote: checkpoint(0, 1).vote };
    expect(play('delay', [[reply]])).toEqual([reply]);
  });
});

describe('equivocate', () => {
  const effects = play('equivocate', [proposals.map(toOthers)]);
  const headersAt = (to: number, sequence: number) =>
    only(reaching(effects, to), 'prePrepare')
      .filter(({ header }) => header.statement.sequence === sequence)
      .map(({ header }) => headerDigest(header));

  it('gives every slot at least two headers, and every backup at least one', () => {
    for (const { header } of proposals) {
      const { sequence } = header.statement;
      const told = others.map((to) => headersAt(to, sequence));
      for (const headers of told) expect(headers.length).toBeGreaterThanOrEqual(1);
      expect(new Set(told.flat()).size).toBeGreaterThanOrEqual(2);
    }
  });

  it('tells nobody another story when it resends', () => {
    const [first = prePrepare(0, 4, 1)] = proposals;
    const script = [[toOthers(first)], [toOthers(first)]];
    const replica = behaviours.equivocate(kitOf())(new Scripted(...script));
    replica.step(tick, startMs);
    expect(only(reaching(replica.step(tick, startMs), 1), 'prePrepare')).toEqual([]);
  });

  it('commits before each backup to what that backup was told last', () => {
    const [first = prePrepare(0, 4, 1)] = proposals;
    const script = [[toOthers(first), toOthers(commit(0, first.header))]];
    const said = play('equivocate', script);
    for (const to of others) {
      const header = only(reaching(said, to), 'prePrepare').at(-1)?.header;
      const [vote] = only(reaching(said, to), 'commit');
      expect(vote?.vote.statement.headerDigest).toBe(header && headerDigest(header));
    }
  });

  it('as backup commits to two things at once', () => {
    const { header } = prePrepare(1, 1, 1);
    const said = play('equivocate', [[toOthers(commit(0, header))]]);
    const digests = others.flatMap((to) =>
      only(reaching(said, to), 'commit').map(({ vote }) => vote.statement.headerDigest),
    );
    expect(new Set(digests).size).toBe(2);
  });
});

describe('withholdCommits', () => {
  it('commits to odd slots before nobody and to even slots before one favourite', () => {
    const votes = proposals.map(({ header }) => toOthers(commit(0, header)));
    const effects = play('withholdCommits', [votes]);
    const sequences = others.map((to) =>
      only(reaching(effects, to), 'commit').map(({ vote }) => vote.statement.sequence),
    );
    expect(sequences.filter((list) => list.length > 0)).toEqual([[2, 4, 6, 8, 10, 12, 14, 16]]);
  });

  it('has the favourite that it is given', () => {
    const votes = proposals.map(({ header }) => toOthers(commit(0, header)));
    const favourites = others.map((favourite) => {
      const effects = play('withholdCommits', [votes], { options: { favourite } });
      return others.filter((to) => reaching(effects, to).length > 0);
    });
    expect(favourites).toEqual([[1], [2], [3]]);
  });

  it('prepares like anyone', () => {
    const vote = toOthers(prepare(0, prePrepare(1, 1, 1).header));
    expect(play('withholdCommits', [[vote]])).toEqual([vote]);
  });
});

describe('withholdPrePrepares', () => {
  const effects = play('withholdPrePrepares', [proposals.map(toOthers)]);
  const told = others.map((to) =>
    only(reaching(effects, to), 'prePrepare').map(({ header }) => header.statement.sequence),
  );

  it('starves f backups of everything', () => {
    expect(told.filter((sequences) => sequences.length === 0)).toHaveLength(1);
  });

  it('leaves every fourth slot to one backup alone', () => {
    const knowing = (sequence: number) => told.filter((list) => list.includes(sequence)).length;
    expect([1, 2, 3, 4].map(knowing)).toEqual([2, 2, 2, 1]);
  });

  it('starves the victims that it is given, and nobody else', () => {
    const options = { victims: [1, 3] };
    const named = play('withholdPrePrepares', [proposals.map(toOthers)], { options });
    expect(others.map((to) => only(reaching(named, to), 'prePrepare').length)).toEqual([0, 16, 0]);
  });

  it('says to the others exactly what the honest primary would', () => {
    const said = new Set(effects.map((effect) => (effect.type === 'send' ? effect.message : null)));
    for (const message of said) expect(proposals).toContain(message);
  });
});

describe('censor', () => {
  const heardOf = (changes: Partial<AdversaryKit>) => {
    const honest = new Scripted();
    const replica = behaviours.censor(kitOf(changes))(honest);
    const all = operations(64);
    for (const operation of all) {
      replica.step({ type: 'request', operation }, startMs);
      replica.step({ type: 'receive', from: 1, message: { type: 'request', operation } }, startMs);
    }
    return { all, heard: honest.heard };
  };

  it('hides the victim, by whatever way its request comes', () => {
    const { all, heard } = heardOf({ isVictim: (operation) => operation.at(-1) === 0x31 });
    const victims = all.filter((operation) => operation.at(-1) === 0x31);
    expect(heard).toHaveLength(2 * (all.length - victims.length));
  });

  it('picks a share of the requests when nobody names a victim', () => {
    const { all, heard } = heardOf({});
    expect(heard.length).toBeLessThan(2 * all.length);
    expect(heard.length).toBeGreaterThan(all.length);
  });

  it('hears everything else', () => {
    const honest = new Scripted();
    const message = prePrepare(1, 1, 1);
    behaviours
      .censor(kitOf({ isVictim: () => true }))(honest)
      .step({ type: 'receive', from: 1, message }, startMs);
    expect(honest.heard).toHaveLength(1);
  });
});

describe('corruptDigest', () => {
  it('puts a digest of nothing into headers and votes, for some receivers at least', () => {
    const script = proposals.map((p) => [toOthers(p), toOthers(commit(0, p.header))]);
    const effects = play('corruptDigest', script);
    const messages = others.flatMap((to) => reaching(effects, to));
    const batches = new Set(proposals.map(({ header }) => header.statement.batchDigest));
    const wrong = only(messages, 'prePrepare').filter(
      ({ header }) => !batches.has(header.statement.batchDigest),
    );
    const headers = new Set(proposals.map(({ header }) => headerDigest(header)));
    const votes = only(messages, 'commit').filter(
      ({ vote }) => !headers.has(vote.statement.headerDigest),
    );
    expect(wrong.length).toBeGreaterThan(0);
    expect(votes.length).toBeGreaterThan(0);
  });
});

describe('forgeProof', () => {
  it('asks its replica for requests that nobody sent', () => {
    const honest = new Scripted();
    const replica = behaviours.forgeProof(kitOf())(honest);
    const [operation = new Uint8Array()] = operations(1);
    replica.step({ type: 'request', operation }, startMs);
    const asked = honest.heard.map(({ input }) =>
      input.type === 'request' ? requestDigest(input.operation) : null,
    );
    expect(asked).toHaveLength(2);
    expect(asked[0]).toBe(requestDigest(operation));
    expect(asked[1]).not.toBe(asked[0]);
  });

  it('leaves the real request as it came, be it a view of what came off a wire', () => {
    const replica = behaviours.forgeProof(kitOf())(new Scripted());
    const operation = Buffer.from('a real request');
    replica.step({ type: 'request', operation }, startMs);
    expect(operation.toString()).toBe('a real request');
  });

  it('forges at a bounded rate, however many requests come', () => {
    const forgeries = (changes: Partial<AdversaryKit>) => {
      const honest = new Scripted();
      const replica = behaviours.forgeProof(kitOf(changes))(honest);
      const all = operations(500);
      for (const [i, operation] of all.entries()) {
        replica.step({ type: 'request', operation }, startMs + i);
      }
      return honest.heard.length - all.length;
    };
    expect(forgeries({})).toBe(10 + 9);
    expect(forgeries({ options: { messagesPerSecond: 100 } })).toBe(10 + 49);
  });
});

describe.each(['forgeProof', 'divergentResult'] as const)('%s', (name) => {
  it('signs another result than the true one, to replicas and clients', () => {
    const truth = checkpoint(0, 4);
    const effects = play(name, [[toOthers(truth), { type: 'reply', vote: truth.vote }]]);
    const votes = [
      ...others.flatMap((to) => only(reaching(effects, to), 'checkpoint')),
      ...effects.filter((effect) => effect.type === 'reply'),
    ];
    expect(votes).toHaveLength(4);
    for (const { vote } of votes) expect(vote.statement).not.toEqual(truth.vote.statement);
  });
});

describe('rejectValid', () => {
  it('votes for a slot in full or not at all, and refuses the results of the latter', () => {
    const script = proposals.map(({ header }) => [
      toOthers(prepare(0, prePrepare(1, 1, header.statement.sequence).header)),
      toOthers(commit(0, header)),
      toOthers(checkpoint(0, header.statement.sequence)),
    ]);
    const said = reaching(play('rejectValid', script), 1);
    let rejected = 0;
    for (const { header } of proposals) {
      const { sequence } = header.statement;
      const votes = said.filter(
        (m) =>
          (m.type === 'prepare' || m.type === 'commit') && m.vote.statement.sequence === sequence,
      );
      const [result] = only(said, 'checkpoint').filter(
        ({ vote }) => vote.statement.sequence === sequence,
      );
      const refuses =
        result?.vote.statement.resultsRoot !== checkpoint(0, sequence).vote.statement.resultsRoot;
      expect(votes).toHaveLength(refuses ? 0 : 2);
      if (refuses) rejected += 1;
    }
    expect(rejected).toBeGreaterThan(0);
    expect(rejected).toBeLessThan(proposals.length);
  });
});

describe('replay', () => {
  it('repeats what it sent and was sent, byte for byte, at a bounded rate', () => {
    const replica = behaviours.replay(kitOf({ options: { messagesPerSecond: 50 } }))(
      new Scripted(proposals.map(toOthers)),
    );
    replica.step(tick, startMs);
    const message = prePrepare(1, 1, 1);
    const repeated: Message[] = [];
    for (let i = 0; i < 1000; i++) {
      const input: Input = { type: 'receive', from: 1, message };
      for (const effect of replica.step(input, startMs + i)) {
        if (effect.type === 'send') repeated.push(effect.message);
      }
    }
    for (const one of repeated) expect([message, ...proposals]).toContain(one);
    expect(repeated).toContain(message);
    // 50 a second for a second, after a burst of 20 of which the first step took four.
    expect(repeated.length).toBeGreaterThan(50);
    expect(repeated.length).toBeLessThanOrEqual(70);
  });
});

describe('flood', () => {
  it('adds as much as its rate allows and not more, whatever comes in', () => {
    const replica = behaviours.flood(kitOf({ options: { messagesPerSecond: 200 } }))(
      new Scripted(),
    );
    let added = 0;
    for (let i = 0; i < 2000; i++) added += replica.step(tick, startMs + i).length;
    expect(added).toBeGreaterThan(400);
    expect(added).toBeLessThanOrEqual(432);
  });
});

describe('staleView', () => {
  it('votes for the view before', () => {
    const { header } = prePrepare(1, 5, 1);
    const script = Array.from({ length: 8 }, () => [toOthers(commit(0, header))]);
    const views = only(reaching(play('staleView', script), 1), 'commit').map(
      ({ vote }) => vote.statement.view,
    );
    expect(new Set(views)).toEqual(new Set([4, 5]));
  });

  it('goes on proposing where it once led', () => {
    const replica = behaviours.staleView(kitOf())(new Scripted([toOthers(prePrepare(0, 0, 7))]));
    replica.step(tick, startMs);
    const [operation = new Uint8Array()] = operations(1);
    const said = replica.step({ type: 'request', operation }, startMs);
    const [proposal] = only(reaching(said, 1), 'prePrepare');
    expect(proposal?.header.statement).toMatchObject({ view: 0, sequence: 8 });
  });
});

describe('lieInStateTransfer', () => {
  it('answers with chunks of its own making most of the time', () => {
    const ask: Effect[] = Array.from({ length: 40 }, (_, chunk) => ({
      type: 'serveChunk',
      to: 2,
      sequence: 16,
      chunk,
    }));
    const effects = play('lieInStateTransfer', [ask]);
    const lies = only(reaching(effects, 2), 'stateChunk');
    expect(lies.length).toBeGreaterThan(20);
    expect(effects.length).toBe(40);
    expect(lies.length).toBeLessThan(40);
  });
});

describe('skewTimestamp', () => {
  it('lets its replica propose at another time, but judge others at the true one', () => {
    const honest = new Scripted();
    const replica = behaviours.skewTimestamp(kitOf({ options: { skewMs: 900 } }))(honest);
    const [operation = new Uint8Array()] = operations(1);
    replica.step({ type: 'request', operation }, startMs);
    replica.step({ type: 'receive', from: 1, message: prePrepare(1, 1, 1) }, startMs);
    const [proposing, judging] = honest.heard;
    expect(Math.abs((proposing?.nowMs ?? 0) - startMs)).toBe(900);
    expect(judging?.nowMs).toBe(startMs);
  });
});
