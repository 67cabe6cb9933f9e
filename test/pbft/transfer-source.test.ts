import { describe, expect, it } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { seal } from '../../src/pbft/envelope.ts';
import { limits } from '../../src/pbft/limits.ts';
import type { CheckpointCertificate } from '../../src/pbft/messages.ts';
import { TestCluster } from './cluster.ts';
import { checkpoints, Latecomer } from './latecomer.ts';

/** As many fetch timers as a source may let pass in silence. */
const patience = 5;
const world = new TestCluster(4, {}, idealScheme);
const certificates = checkpoints(world, 14);
const [first, second, third] = certificates as [
  CheckpointCertificate,
  CheckpointCertificate,
  CheckpointCertificate,
];
const { sequence } = first.statement;

/** Replica 3, which has begun to fetch the state at a checkpoint, of so many chunks. */
function fetching(chunks: number, certificate = first): Latecomer {
  const late = new Latecomer(world, chunks);
  late.hear(0, { type: 'stableCheckpoint', certificate });
  late.timeout('status');
  return late;
}

/** Fetch timers run out until the source is another; how many it took. */
function timersUntilLeft(late: Latecomer): number {
  const source = late.transfer?.source;
  for (let timers = 1; timers < 20; timers++) {
    late.timeout('fetch');
    if (late.transfer?.source !== source) return timers;
  }
  return Infinity;
}

describe('the source of a state (thesis §5.3)', () => {
  it('is who signed for it, in turn, and never the replica itself', () => {
    const vote = (by: number) => {
      const { signature } = seal(first.statement, by, world.signer(by), world.validators.chainId);
      return { replica: by, signature };
    };
    const late = fetching(3, { ...first, votes: [1, 2, 3].map(vote) });
    const sources = [0, 1, 2].map(() => {
      const source = late.transfer?.source;
      timersUntilLeft(late);
      return source;
    });
    expect(sources).toEqual([1, 2, 1]);
  });

  it('is left when it was silent for too long, and not before', () => {
    expect(timersUntilLeft(fetching(3))).toBe(patience + 1);
  });

  it('gets the same time again with every chunk that it sends', () => {
    const late = fetching(3);
    for (let i = 0; i < patience; i++) late.timeout('fetch');
    late.answer();
    expect(timersUntilLeft(late)).toBe(patience + 1);
  });

  it('and its successor each begin with the whole of it', () => {
    const late = fetching(9);
    late.answer();
    timersUntilLeft(late);
    expect(late.transfer).toMatchObject({ source: 1, chunks: null, received: 0, silentTimers: 0 });
    expect(late.transfer?.receivedBytes).toBe(0);
  });

  it('that was silent is left for the newest checkpoint that is known', () => {
    const late = fetching(3);
    late.hear(1, { type: 'stableCheckpoint', certificate: second });
    for (let i = 0; i < patience; i++) late.timeout('fetch');
    expect(late.transfer?.certificate).toEqual(first);
    late.timeout('fetch');
    expect(late.transfer?.certificate).toEqual(second);
    expect(late.transfer?.source).toBe(0);
  });

  it('at which an epoch begins is another when the first was silent', () => {
    const cluster = new TestCluster(4, {}, idealScheme, { base: 8, behind: 3 });
    const late = new Latecomer(cluster, 3);
    expect([late.transfer?.source, timersUntilLeft(late)]).toEqual([0, patience + 1]);
    expect(late.transfer).toMatchObject({ source: 1, certificate: { statement: { sequence: 8 } } });
  });

  it('is followed only where it has moved on itself', () => {
    const late = fetching(3);
    late.asked.length = 0;
    late.hear(1, { type: 'stableCheckpoint', certificate: third });
    // It serves the one before its stable one as well.
    late.hear(0, { type: 'stableCheckpoint', certificate: second });
    expect(late.transfer?.certificate).toEqual(first);
    expect(late.asked).toEqual([]);
    late.hear(0, { type: 'stableCheckpoint', certificate: third });
    expect(late.transfer?.certificate).toEqual(third);
    expect(late.asked.map((ask) => ask.sequence)).toEqual([third.statement.sequence]);
  });

  it('that does nothing but move on is left like one that is silent', () => {
    const late = fetching(3);
    const sources = [2, 4, 6, 8, 10, 12].map((place) => {
      const certificate = certificates[place] as CheckpointCertificate;
      late.hear(late.transfer?.source ?? 0, { type: 'stableCheckpoint', certificate });
      expect(late.transfer?.certificate).toEqual(certificate);
      return late.transfer?.source;
    });
    expect(sources).toEqual([0, 0, 0, 0, 0, 1]);
    expect(late.transfer?.silentTimers).toBe(0);
  });
});

describe('a chunk of a state', () => {
  it('is asked for once, eight at a time, while none is lost', () => {
    const late = fetching(20);
    const asked: number[][] = [];
    while (late.asked.length > 0) {
      asked.push(late.asked.map(({ chunk }) => chunk));
      late.answer();
    }
    const from = (begin: number, count: number) =>
      Array.from({ length: count }, (_, i) => begin + i);
    expect(asked).toEqual([[0], from(1, 8), from(9, 8), from(17, 3)]);
    expect(late.installed).toEqual([sequence]);
    expect(late.cancelled).toContain('fetch');
  });

  it('that was lost is asked for again when the timer runs out', () => {
    const late = fetching(4);
    late.answer();
    const lost = late.asked.splice(1, 1);
    late.answer();
    late.timeout('fetch');
    expect(late.asked).toEqual(lost);
  });

  it.each([
    ['of none', { chunks: 0 }],
    ['of more than there may be', { chunks: limits.stateChunks + 1 }],
    ['behind the last one', { chunk: 4 }],
  ])('%s is struck, and its source left', (_why, lie) => {
    const late = fetching(4);
    late.answer(lie);
    expect(late.struck).toHaveLength(1);
    expect(late.struck[0]).toMatch(/^0: chunk \d+ of \d+/);
    expect(late.transfer?.source).toBe(1);
  });

  it('of as many as there may be is none of these', () => {
    const late = fetching(limits.stateChunks);
    late.answer();
    expect(late.struck).toEqual([]);
    expect(late.transfer?.chunks).toHaveLength(limits.stateChunks);
  });

  it('of another number than the one before is struck, and its source left', () => {
    const late = fetching(4);
    late.answer();
    late.answer({ chunks: 5 });
    expect(late.struck).toEqual(['0: changed its mind on the number of chunks']);
    expect(late.transfer?.source).toBe(1);
  });

  it('counts once, and only from the source, for the checkpoint that was asked for', () => {
    const late = fetching(4);
    const honest = { sequence, chunk: 0, chunks: 4, bytes: new Uint8Array([0]) };
    late.hear(2, { type: 'stateChunk', ...honest });
    late.hear(0, { type: 'stateChunk', ...honest, sequence: sequence + 4 });
    expect(late.transfer?.received).toBe(0);
    late.hear(0, { type: 'stateChunk', ...honest });
    late.hear(0, { type: 'stateChunk', ...honest });
    expect(late.transfer).toMatchObject({ received: 1, receivedBytes: 1 });
  });

  it('makes the state as large as it may be, and no larger', () => {
    const late = fetching(limits.stateChunks);
    // Two gibibytes that nobody reads: only their number counts here.
    const bytes = { length: limits.stateBytes } as Uint8Array;
    const part = { chunks: limits.stateChunks, bytes };
    late.hear(0, { type: 'stateChunk', sequence, chunk: 0, ...part });
    expect(late.struck).toEqual([]);
    late.hear(0, { type: 'stateChunk', sequence, chunk: 1, ...part, bytes: new Uint8Array(1) });
    expect(late.struck).toEqual([`0: a state of more than ${limits.stateBytes} bytes`]);
    expect(late.transfer?.source).toBe(1);
  });
});

describe('a state that has all its chunks', () => {
  it('is installed whatever comes meanwhile', () => {
    const late = fetching(1);
    late.answer();
    expect(late.transfer?.installing).toBe(true);
    const part = { chunk: 0, chunks: 1, bytes: new Uint8Array(1) };
    late.hear(0, { type: 'stateChunk', sequence, ...part });
    late.hear(0, { type: 'stableCheckpoint', certificate: third });
    late.timeout('status');
    for (let i = 0; i <= patience; i++) late.timeout('fetch');
    expect(late.installed).toEqual([sequence]);
    expect(late.asked).toEqual([]);
    expect(late.transfer?.installing).toBe(true);
  });

  it('is where the replica stands then', () => {
    const late = fetching(1);
    late.answer();
    late.step({ type: 'installed', sequence, ok: true });
    const { timestamp } = first.statement;
    const { state } = late.replica;
    const reached = { lastHanded: sequence, lastExecuted: sequence, lastTimestamp: timestamp };
    expect(state).toMatchObject({ ...reached, stable: first, transfer: null });
  });

  it('and is not the certified one names its giver, and comes from the next', () => {
    const late = fetching(1);
    late.answer();
    late.step({ type: 'installed', sequence, ok: false });
    expect(late.struck).toEqual(['0: state does not give the certified digest']);
    expect(late.transfer).toMatchObject({ source: 1, chunks: null, installing: false });
    expect(late.replica.state.lastExecuted).toBe(0);
    late.step({ type: 'installed', sequence, ok: true }); // an answer to nothing
    expect(late.replica.state.lastExecuted).toBe(0);
  });
});

describe('a replica that fetches nothing', () => {
  it('is not moved by what comes for a transfer all the same', () => {
    const idle = new Latecomer(world, 1);
    idle.hear(0, { type: 'stateChunk', sequence, chunk: 0, chunks: 1, bytes: new Uint8Array(1) });
    idle.step({ type: 'installed', sequence, ok: true });
    idle.timeout('fetch');
    expect(idle.transfer).toBeNull();
    expect(idle.replica.state.lastExecuted).toBe(0);
    expect([idle.struck, idle.asked]).toEqual([[], []]);
  });
});

describe('who is asked for a state', () => {
  const serve = (cluster: TestCluster, index: number, asked: number) => {
    const message = { type: 'fetchState', sequence: asked, chunk: 0 } as const;
    const effects = cluster.step(index, { type: 'receive', from: 3, message });
    return effects.map((e) => (e.type === 'send' ? e.message.type : e.type));
  };

  it('serves the stable checkpoint and the one before, and names it to who asks for older', () => {
    const stable = world.member(0).replica.state.stable?.statement.sequence ?? 0;
    const ask = (asked: number) => serve(world, 0, asked);
    expect([stable, stable - 4].map(ask)).toEqual([['serveChunk'], ['serveChunk']]);
    expect([stable - 8, stable - 2].map(ask)).toEqual([[], []].map(() => ['stableCheckpoint']));
    expect([stable + 4, stable + 1].map(ask)).toEqual([[], []]);
  });

  it('has nothing to name before the first checkpoint of an epoch', () => {
    const cluster = new TestCluster(4, {}, idealScheme, { base: 8 });
    expect(serve(cluster, 0, 8)).toEqual(['serveChunk']);
    expect(serve(cluster, 0, 4)).toEqual([]);
  });

  it('serves none while it lacks the state at which its epoch begins', () => {
    const cluster = new TestCluster(4, {}, idealScheme, { base: 8, behind: 1 });
    expect(serve(cluster, 1, 8)).toEqual([]);
  });
});
