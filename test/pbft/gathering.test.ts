import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { headerDigest } from '../../src/pbft/envelope.ts';
import type { Effect, Input } from '../../src/pbft/replica.ts';
import { Alone, sent } from './alone.ts';
import { TestCluster } from './cluster.ts';

const intervalMs = 20;

/** All the cluster there is: what it proposes is decided, and runs, at once. */
class Primary {
  private readonly cluster = new TestCluster(
    1,
    { proposalIntervalMs: intervalMs, maxBatchBytes: 8 },
    idealScheme,
  );

  after(ms: number): this {
    this.cluster.nowMs += ms;
    return this;
  }

  step(input: Input): readonly Effect[] {
    return this.cluster.step(0, input);
  }

  /** What these requests, come in one turn, make it propose: names, batch by batch. */
  asked(...names: readonly string[]): string[] {
    return names.flatMap((name, i) =>
      this.proposed({ type: 'request', operation: utf8(name), more: i < names.length - 1 }),
    );
  }

  timeIsUp(): string[] {
    return this.proposed({ type: 'timeout', timer: 'gather' });
  }

  proposed(input: Input): string[] {
    const text = new TextDecoder();
    return this.step(input).flatMap((effect) =>
      effect.type === 'execute' ? [effect.batch.map((op) => text.decode(op)).join()] : [],
    );
  }

  timers(name: string): (Effect & { type: 'setTimer' | 'cancelTimer' })[] {
    return this.step({ type: 'request', operation: utf8(name) }).filter(
      (effect) =>
        (effect.type === 'setTimer' || effect.type === 'cancelTimer') && effect.timer === 'gather',
    ) as (Effect & { type: 'setTimer' | 'cancelTimer' })[];
  }
}

/** Two were pending when the last batch ran. */
function afterTwo(): Primary {
  const primary = new Primary();
  expect(primary.asked('a', 'b')).toEqual(['a,b']);
  return primary;
}

describe('a primary whose last batch ran while two requests were pending', () => {
  it('waits for two', () => {
    const primary = afterTwo();
    expect(primary.asked('c')).toEqual([]);
    expect(primary.after(5).asked('d')).toEqual(['c,d']);
  });

  it('waits no longer than an interval since', () => {
    const primary = afterTwo();
    expect(primary.after(7).timers('c')).toMatchObject([{ type: 'setTimer', afterMs: 13 }]);
    expect(primary.after(13).timeIsUp()).toEqual(['c']);
  });

  it('goes on waiting where its timer was early, for what is left', () => {
    const primary = afterTwo();
    primary.asked('c');
    primary.after(intervalMs - 1);
    expect(primary.step({ type: 'timeout', timer: 'gather' })).toEqual([
      { type: 'setTimer', timer: 'gather', afterMs: 1 },
    ]);
    expect(primary.after(1).timeIsUp()).toEqual(['c']);
  });

  it('sets its timer once, and calls it off when it proposes', () => {
    const primary = new Primary();
    primary.asked('a', 'b', 'c');
    expect(primary.timers('d')).toHaveLength(1);
    expect(primary.timers('e')).toEqual([]);
    expect(primary.timers('f')).toMatchObject([{ type: 'cancelTimer' }]);
  });

  it('sets it again for the next batch', () => {
    const primary = afterTwo();
    primary.asked('c');
    primary.after(intervalMs).timeIsUp();
    primary.asked('d', 'e');
    expect(primary.timers('f')).toMatchObject([{ type: 'setTimer', afterMs: intervalMs }]);
  });

  it('does not wait when that is an interval ago', () => {
    expect(afterTwo().after(intervalMs).asked('c')).toEqual(['c']);
  });

  it('does not wait by a clock that was set back', () => {
    expect(afterTwo().after(-1).asked('c')).toEqual(['c']);
  });

  it('does not wait for what no batch has room for', () => {
    const primary = new Primary();
    primary.asked('aa', 'bb', 'cc', 'dd');
    expect(primary.asked('eeeee', 'ffff')).toEqual(['eeeee']);
  });

  it('does not wait where the epoch is to end', () => {
    const primary = afterTwo();
    expect(primary.asked('c')).toEqual([]);
    expect(primary.proposed({ type: 'epochEnds', sequence: 8 })[0]).toBe('c');
  });
});

it('a primary that is asked by one at a time never waits', () => {
  const primary = new Primary();
  for (const name of ['a', 'b', 'c', 'd']) expect(primary.asked(name)).toEqual([name]);
});

it('a primary with more pending than a batch holds waits for a batch, not for all of them', () => {
  const primary = new Primary();
  // Five at once, of which four fit: all five were pending when the first four ran.
  expect(primary.asked('a', 'b', 'c', 'd', 'e')).toEqual(['a,b,c,d']);
  expect(primary.asked('f', 'g', 'h')).toEqual(['e,f,g,h']);
});

it('a primary whose view began with a null batch waits for as many as before it', () => {
  const alone = new Alone(2, { proposalIntervalMs: intervalMs });
  const asked = ['a', 'b'].map(utf8);
  for (const operation of asked) alone.request(operation);
  const prepared = [alone.prepared(1, 1, asked), alone.prepared(2, 1, [])];
  for (const by of [1, 3]) {
    alone.hear(by, { type: 'viewChange', vote: alone.viewChange(2, by, { prepared }) });
  }
  for (const [i, batch] of [asked, []].entries()) {
    const certificate = alone.decided(i + 1, 2, batch);
    alone.step({ type: 'receive', from: 1, message: { type: 'decided', certificate, batch } });
  }
  expect(alone.state.lastExecuted).toBe(2);
  expect(sent(alone.request(utf8('c')))).toEqual([]);
  expect(sent(alone.request(utf8('d')))).toMatchObject([{ batch: ['c', 'd'].map(utf8) }]);
});

describe('a primary that gathers, with a batch in flight', () => {
  const gathering = { proposalIntervalMs: intervalMs, maxBatchOperations: 3 };
  const busy = (parameters = {}) => {
    const alone = new Alone(0, { ...gathering, ...parameters });
    expect(sent(alone.request(utf8('a')))).toMatchObject([{ type: 'prePrepare' }]);
    return alone;
  };
  const proposedBy = (alone: Alone, name: string) => sent(alone.request(utf8(name)));

  it('waits until the next is full, however long that takes', () => {
    const alone = busy();
    expect(proposedBy(alone, 'b')).toEqual([]);
    alone.cluster.nowMs += 5 * intervalMs;
    expect(proposedBy(alone, 'c')).toEqual([]);
    expect(proposedBy(alone, 'd')).toMatchObject([{ batch: ['b', 'c', 'd'].map(utf8) }]);
  });

  it('proposes a second one at once where it does not gather', () => {
    expect(proposedBy(busy({ proposalIntervalMs: 0 }), 'b')).toMatchObject([
      { batch: [utf8('b')] },
    ]);
  });
});

describe('a primary that was answered later than it could have been', () => {
  const few = { proposalIntervalMs: intervalMs, maxBatchOperations: 2 };

  /** It proposes these in one batch, which a quorum decides on so much later. */
  function agree(alone: Alone, tookMs: number, ...names: readonly string[]) {
    const effects = names.flatMap((name, i) => {
      const more = i < names.length - 1;
      return alone.step({ type: 'request', operation: utf8(name), more });
    });
    const proposal = sent(effects).find((message) => message.type === 'prePrepare');
    if (proposal === undefined) return expect.fail(`proposes ${names.join()}`);
    const { header, batch } = proposal;
    const { view, sequence } = header.statement;
    const vote = { type: 'commit', view, sequence, headerDigest: headerDigest(header) } as const;
    const certificate = { header, commits: alone.votes(vote, [1, 2, 3]) };
    alone.cluster.nowMs += tookMs;
    alone.step({ type: 'receive', from: 1, message: { type: 'decided', certificate, batch } });
  }

  /** How long it waits for a second one; null: it does not. */
  function waitMs(alone: Alone): number | null {
    const effects = alone.request(utf8('one more'));
    const set = effects.find((effect) => effect.type === 'setTimer' && effect.timer === 'gather');
    return set?.type === 'setTimer' ? set.afterMs : null;
  }

  /** Agreement took so long, once after the other. */
  function whereItTook(...took: readonly number[]): Alone {
    const alone = new Alone(0, few);
    for (const [i, ms] of took.entries()) agree(alone, ms, `a${i}`, `b${i}`);
    return alone;
  }

  it('waits for half of the time that agreement took beyond the least it ever took', () => {
    expect(waitMs(whereItTook(10, 70))).toBe(30);
    expect(waitMs(whereItTook(70, 10, 71))).toBe(31);
    expect(waitMs(whereItTook(0, 100))).toBe(50);
  });

  it('waits for an interval where that is less', () => {
    expect(waitMs(whereItTook(10, 40))).toBe(intervalMs);
    expect(waitMs(whereItTook(10, 70, 10))).toBe(intervalMs);
  });

  it('waits no longer than an interval because the others are far away', () => {
    expect(waitMs(whereItTook(300))).toBe(intervalMs);
    expect(waitMs(whereItTook(300, 300, 310))).toBe(intervalMs);
  });

  it('waits for eight intervals at the most', () => {
    expect(waitMs(whereItTook(10, 10 + 16 * intervalMs))).toBe(8 * intervalMs);
    expect(waitMs(whereItTook(10, 5000))).toBe(8 * intervalMs);
  });

  it('learns nothing where its clock was set back meanwhile', () => {
    // The time of a batch never runs back: the second one's is the first one's.
    expect(waitMs(whereItTook(50, -30, 50))).toBe(intervalMs);
    expect(waitMs(whereItTook(10, 70, -500))).toBe(30);
  });

  it('does not wait at all where it does not gather', () => {
    const alone = new Alone(0, { ...few, proposalIntervalMs: 0 });
    agree(alone, 10, 'a');
    agree(alone, 500, 'b');
    expect(sent(alone.request(utf8('c')))).toMatchObject([{ batch: [utf8('c')] }]);
  });

  it('learns from its own batches only', () => {
    const alone = whereItTook(100);
    // View 1 was left again: its primary, replica 1, proposed the next.
    const batch = ['c', 'd'].map(utf8);
    for (const operation of batch) alone.request(operation);
    const certificate = alone.decided(2, 1, batch);
    alone.step({ type: 'receive', from: 1, message: { type: 'decided', certificate, batch } });
    agree(alone, 100, 'e', 'f');
    expect(waitMs(alone)).toBe(intervalMs);
  });
});
