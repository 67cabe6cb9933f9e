import { describe, expect, it } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { headerDigest, seal } from '../../src/pbft/envelope.ts';
import type { Commit, MessageOf, PrePrepare, Prepare } from '../../src/pbft/messages.ts';
import { AnswerRoom, hasBatch, RelayRoom } from '../../src/pbft/pacing.ts';
import { Core, type Slot } from '../../src/pbft/state.ts';
import { VotesByReplica } from '../../src/pbft/votes.ts';
import { TestCluster } from './cluster.ts';

const kiB = 1024;
/** A batch that never waits: as large as such a one may be. */
const cheap = [new Uint8Array(10 * kiB), new Uint8Array(6 * kiB)];
const overCheap = [new Uint8Array(16 * kiB + 1)];
/** Has to wait for four ticks before it goes a second time. */
const mebibyte = [new Uint8Array(1024 * kiB)];

const world = new TestCluster(4, {}, idealScheme);

function core(index = 0): Core {
  return new Core(world.options(index));
}

/** What `of` may answer `to`, which says that it stands at `executed`. */
function answering(of: Core, to = 3, executed = 0): AnswerRoom {
  const { view, tick } = of.state;
  const status = { type: 'status', epoch: 0, view, active: true, stableCheckpoint: 0, executed };
  expect(tick).toBeGreaterThanOrEqual(0);
  return new AnswerRoom(of, to, status as MessageOf<'status'>);
}

/** Sends these, as one answer. */
function send(of: Core, batches: readonly Uint8Array[][], to = 3, executed = 0): boolean[] {
  const room = answering(of, to, executed);
  const taken = batches.map((batch) => room.takes(batch));
  room.close();
  return taken;
}

describe('what one status may be answered with', () => {
  it('is a mebibyte to the last byte, begun batches included', () => {
    expect(send(core(), [mebibyte, cheap])).toEqual([true, false]);
    const half = [new Uint8Array(512 * kiB)];
    expect(send(core(), [half, [new Uint8Array(512 * kiB - 1)], mebibyte, cheap])).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('is what is cheap while the rest is under way, to the last byte', () => {
    const replica = core();
    send(replica, [mebibyte]);
    expect(send(replica, [overCheap, cheap, [new Uint8Array(1)]])).toEqual([false, true, false]);
  });

  it('is everything again when the peer moved on, or this replica did to another view', () => {
    for (const changed of ['executed', 'view', null]) {
      const replica = core();
      send(replica, [mebibyte]);
      if (changed === 'view') replica.state.view = 1;
      const executed = changed === 'executed' ? 1 : 0;
      expect(send(replica, [mebibyte], 3, executed)).toEqual([changed !== null]);
    }
  });

  it('waits for nothing after what is cheap', () => {
    const replica = core();
    send(replica, [cheap]);
    expect(replica.state.resent.size).toBe(0);
    send(replica, [overCheap]);
    expect(replica.state.resent.get(3)?.times).toBe(1);
  });
});

describe('a batch that others hold as well', () => {
  /** For each of the first answers of replica `index` to `to`: whether it sends the batch. */
  const turns = (index: number, to: number, batch: readonly Uint8Array[], answers = 4) => {
    const replica = core(index);
    return Array.from({ length: answers }, () => {
      const room = answering(replica, to);
      const goes = room.takesTurn(batch);
      room.close();
      replica.state.tick += 16;
      return goes;
    });
  };
  const always = [true, true, true, true];
  const [first, second] = [
    [true, false, true, false],
    [false, true, false, true],
  ];

  it('comes from f+1 of them, then from the others, then from the first again', () => {
    expect([0, 1, 2].map((index) => turns(index, 3, overCheap))).toEqual([first, first, second]);
    expect([1, 2, 3].map((index) => turns(index, 0, overCheap))).toEqual([first, first, second]);
    expect([2, 3, 0].map((index) => turns(index, 1, overCheap))).toEqual([first, first, second]);
  });

  it('comes from all when it is cheap', () => {
    for (const index of [0, 1, 2]) expect(turns(index, 3, cheap)).toEqual(always);
  });

  it('comes from whoever is asked to who follows without a vote', () => {
    for (const index of [0, 1, 2]) {
      for (const standby of [4, 5]) expect(turns(index, standby, overCheap)).toEqual(always);
    }
  });
});

describe('who voted for a decision', () => {
  const header = seal<PrePrepare>(
    { type: 'prePrepare', view: 1, sequence: 1, batchDigest: 'ab'.repeat(32), timestamp: 1 },
    1,
    world.signer(1),
    world.validators.chainId,
  );
  const named = { view: 1, sequence: 1, headerDigest: headerDigest(header) };

  function say<T extends Prepare | Commit>(statement: T, by: number) {
    return seal<T>(statement, by, world.signer(by), world.validators.chainId);
  }

  /** Replica 2 prepared it, 3 committed it, 0 voted for another header. */
  function slot(changes: Partial<Slot> = {}): Slot {
    const prepares = new VotesByReplica<ReturnType<typeof say<Prepare>>>(4);
    const commits = new VotesByReplica<ReturnType<typeof say<Commit>>>(4);
    prepares.set(2, say<Prepare>({ type: 'prepare', ...named }, 2));
    commits.set(3, say<Commit>({ type: 'commit', ...named }, 3));
    prepares.set(0, say<Prepare>({ type: 'prepare', ...named, headerDigest: '0'.repeat(64) }, 0));
    return { header, prepares, commits, ...changes } as Slot;
  }

  it('has its batch: by a vote for this header, or as its primary', () => {
    expect([0, 1, 2, 3].map((peer) => hasBatch(peer, slot()))).toEqual([false, true, true, true]);
  });

  it('is unknown where no header is', () => {
    const blind = slot({ header: null });
    expect([0, 1, 2, 3].map((peer) => hasBatch(peer, blind))).toEqual([false, false, false, false]);
  });

  it('is spared a copy once, if it is large, and waits for none then', () => {
    const replica = core(1);
    const spared = () => {
      const room = answering(replica, 2);
      const is = room.spares(slot(), mebibyte);
      room.close();
      return is;
    };
    expect(answering(replica, 2).spares(slot(), cheap)).toBe(false);
    expect(answering(replica, 0).spares(slot(), overCheap)).toBe(false);
    expect([spared(), spared()]).toEqual([true, false]);
    // Nothing large went: whose turn it is to send it is as before.
    expect(replica.state.resent.get(2)?.times).toBe(0);
    const room = answering(replica, 2, 1);
    room.spares(slot(), mebibyte);
    room.takes(cheap);
    room.close();
    expect(replica.state.resent.get(2)).toMatchObject({ executed: 1, times: 0 });
  });
});

describe('a request that a backup passes on', () => {
  /** Ticks, of the first eight, at which it goes. */
  const ticks = (sizeBytes: number) => {
    const replica = core(2);
    return Array.from({ length: 8 }, (_, i) => i).filter((tick) => {
      replica.state.tick = tick;
      return new RelayRoom(replica).takes('ab'.repeat(32), new Uint8Array(sizeBytes));
    });
  };

  it('comes at every tick up to 16 KiB, and waits twice as long each time above', () => {
    expect(ticks(16 * kiB)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(ticks(16 * kiB + 1)).toEqual([0, 1, 3, 7]);
  });

  it('finds no room where a quarter of a mebibyte went, to the last byte', () => {
    const room = new RelayRoom(core(2));
    room.takes('00'.repeat(32), new Uint8Array(256 * kiB - 1));
    expect(room.isFull).toBe(false);
    room.takes('01'.repeat(32), new Uint8Array(1));
    expect(room.isFull).toBe(true);
  });
});
