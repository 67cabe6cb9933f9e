import { describe, expect, it } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import type { Message } from '../../src/pbft/messages.ts';
import { type InFlight, TestCluster } from './cluster.ts';

const kiB = 1024;
/** The size of a request with its four proofs. */
const large = 60 * kiB;

/** Operations are named by their first letters; the rest is weight. */
function request(name: string, sizeBytes: number): string {
  return name.padEnd(sizeBytes, '.');
}

function cluster(parameters = {}): TestCluster {
  return new TestCluster(4, { maxBatchBytes: 1024 * kiB, ...parameters }, idealScheme);
}

/** A status tick of `replica`: what it says, which is lost. */
function tick(world: TestCluster, replica: number): Message[] {
  world.fire(replica, 'status');
  return world.flight.splice(0).map(({ message }) => message);
}

/** Ticks, from the first, at which `replica` sends at least one message of that type. */
function ticksWith(world: TestCluster, replica: number, type: Message['type'], ticks: number) {
  return Array.from({ length: ticks }, (_, i) => i + 1).filter(() =>
    tick(world, replica).some((message) => message.type === type),
  );
}

describe('a request that a backup passes on in vain', () => {
  it('waits twice as long each time, up to sixteen ticks, when it is large', () => {
    const world = cluster();
    world.request(request('a', large), [2]);
    expect(ticksWith(world, 2, 'request', 64)).toEqual([1, 2, 4, 8, 16, 32, 48, 64]);
  });

  it('comes at every tick when it is small', () => {
    const world = cluster();
    world.request(request('a', kiB), [2]);
    expect(ticksWith(world, 2, 'request', 6)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('is new to the primary of the next view', () => {
    const world = cluster();
    world.request(request('a', large), [2, 3]);
    expect(ticksWith(world, 2, 'request', 10)).toEqual([1, 2, 4, 8]);
    // Replica 2 has long complained, in vain: what it said is lost.
    world.fire(3, 'request');
    world.fire(2, 'status');
    world.settle();
    expect(world.member(2).replica.state.view).toBe(1);
  });
});

describe('many small requests', () => {
  it('are passed on 64 at a tick', () => {
    const world = cluster();
    for (let i = 0; i < 70; i++) world.request(`request ${i}`, [2]);
    const passed = [1, 2].map(() => tick(world, 2).filter(({ type }) => type === 'request').length);
    expect(passed).toEqual([64, 64]);
  });
});

describe('many large requests', () => {
  it('are passed on a quarter of a mebibyte at a tick, each once before any comes again', () => {
    const world = cluster();
    const names = [...'abcdefghijkl'];
    for (const name of names) world.request(request(name, large), [2]);
    const passed = [1, 2, 3].map(() =>
      tick(world, 2).flatMap((m) => {
        return m.type === 'request' ? [String.fromCharCode(m.operation[0] ?? 0)] : [];
      }),
    );
    expect(passed.map((at) => at.length)).toEqual([5, 5, 5]);
    expect(passed.flat().slice(0, 12)).toEqual(names);
  });
});

/** Names of what a batch holds. */
function namesOf(batch: readonly Uint8Array[]): string {
  return batch.map((operation) => String.fromCharCode(operation[0] ?? 0)).join('');
}

/** What the others answer to one status of `replica`, a tick of their own after the last. */
function answers(world: TestCluster, replica: number): InFlight[] {
  for (const { index } of world.members) if (index !== replica) world.fire(index, 'status');
  world.flight.splice(0);
  world.fire(replica, 'status');
  const statuses = world.flight.splice(0).filter(({ message }) => message.type === 'status');
  for (const status of statuses) world.deliver(status);
  return world.flight.splice(0);
}

/** Requests decided one by one, without replica 3, which is sent nothing, or nothing of `type`. */
function decideWithout3(
  world: TestCluster,
  names: string,
  type?: Message['type'],
  sizeBytes = large,
): void {
  for (const name of names) {
    world.request(request(name, sizeBytes), [0]);
    world.settle(({ to, message }) => to !== 3 || (type !== undefined && message.type !== type));
  }
}

/** Answers, counted from the first, in which somebody sends a batch with operations in it. */
function answersWithBatch(world: TestCluster, replica: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1).filter(() =>
    answers(world, replica).some(({ message }) => 'batch' in message && message.batch.length > 0),
  );
}

describe('a pre-prepare that did not arrive', () => {
  function undecided(sizeBytes = large): TestCluster {
    const world = cluster();
    world.request(request('a', sizeBytes), [0]);
    world.settle(({ to, message: { type } }) => {
      return type !== 'commit' && (to !== 3 || type !== 'prePrepare');
    });
    return world;
  }

  it('comes again to who lacks it, and not to who voted for it', () => {
    const world = undecided();
    const sentTo = (replica: number) => {
      answers(world, replica);
      return answers(world, replica).map(({ message: { type } }) => type);
    };
    expect(sentTo(3)).toContain('prePrepare');
    expect(sentTo(1)).not.toContain('prePrepare');
    expect(sentTo(1)).toContain('prepare');
  });

  it('waits twice as long each time, as long as nothing moves', () => {
    expect(answersWithBatch(undecided(), 3, 32)).toEqual([2, 3, 5, 9, 17]);
  });

  it('comes with every answer when it is small', () => {
    expect(answersWithBatch(undecided(kiB), 3, 6)).toEqual([2, 3, 4, 5, 6]);
  });
});

describe('a large decision', () => {
  it('comes without its batch to who voted for it', () => {
    const world = cluster();
    decideWithout3(world, 'a', 'commit');
    answers(world, 3);
    const sent = answers(world, 3);
    expect(sent.map(({ message }) => 'batch' in message && message.batch.length)).toEqual([
      0, 0, 0,
    ]);
    for (const answer of sent) world.deliver(answer);
    expect(world.history(3)).toEqual(world.history(0));
  });

  it('comes with its batch the second time, for a vote says nothing of the disk since', () => {
    const world = cluster();
    decideWithout3(world, 'a', 'commit');
    world.crash(3);
    world.restart(3, 'lost');
    world.flight.splice(0);
    for (let i = 0; i < 2; i++) for (const answer of answers(world, 3)) world.deliver(answer);
    expect(world.history(3)).toEqual([]);
    for (const answer of answers(world, 3)) world.deliver(answer);
    expect(world.history(3)).toEqual(world.history(0));
  });

  it('is nothing to a replica that never saw its batch', () => {
    const world = cluster();
    decideWithout3(world, 'a');
    const { journal, later } = world.member(0);
    const [first] = [...journal, ...later].filter(({ type }) => type === 'decided');
    if (first?.type !== 'decided') throw new Error('not decided');
    const { certificate } = first;
    const effects = world.deliver({
      from: 0,
      to: 3,
      message: { type: 'decided', certificate, batch: [] },
    });
    expect(effects).toEqual([]);
  });
});

describe('decisions that a replica slept through', () => {
  function behind(): TestCluster {
    const world = cluster({ checkpointInterval: 32, logWindow: 64 });
    decideWithout3(world, 'abcdefgh', undefined, 240 * kiB);
    return world;
  }

  /** Who sent which batches in answer to the next status, as `0:ab`. */
  function sentTo3(world: TestCluster, arrive: boolean): string {
    const bySender = new Map<number, string>();
    for (const answer of answers(world, 3)) {
      const { from, message } = answer;
      if (message.type !== 'decided') continue;
      bySender.set(from, (bySender.get(from) ?? '') + namesOf(message.batch));
      if (arrive) world.deliver(answer);
    }
    return [...bySender].map(([from, names]) => `${from}:${names}`).join(' ');
  }

  const next = (world: TestCluster, arrive: boolean) => {
    for (let i = 0; i < 40; i++) {
      const sent = sentTo3(world, arrive);
      if (sent !== '') return sent;
    }
    return 'nothing';
  };

  it('come a mebibyte at a time, the next when these have arrived, each from f+1', () => {
    const world = behind();
    expect([next(world, true), next(world, true)]).toEqual(['0:abcde 1:abcde', '0:fgh 1:fgh']);
    expect(world.history(3)).toEqual(world.history(0));
  });

  it('come from the others in turn as long as nothing arrives', () => {
    const world = behind();
    const senders = Array.from({ length: 4 }, () => next(world, false));
    expect(senders).toEqual(['0:abcde 1:abcde', '2:abcde', '0:abcde 1:abcde', '2:abcde']);
  });
});
