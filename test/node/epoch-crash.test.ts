import { expect, test } from 'vitest';
import { outerEnvelope } from '../../src/pbft/envelope.ts';
import type { Journal } from '../../src/runtime/ports.ts';
import { NodeWorld } from './world.ts';

/** Process 1 goes down at its k-th write: just before it is on disk, or just after. */
class Mortal {
  writes = 0;
  /** The write that begins epoch 1. */
  changeAt = 0;
  private readonly at: number;
  private readonly survives: boolean;
  onCrash: () => void = () => {};
  /** Process 1 had signed something for epoch 1 that left it before it went down. */
  spoke = false;

  constructor(at: number, survives: boolean) {
    this.at = at;
    this.survives = survives;
  }

  wrap(journal: Journal): Journal {
    return {
      load: (done) => journal.load(done),
      write: (write, done) => {
        this.writes += 1;
        if (write.puts.some(({ key }) => key.startsWith('epoch/'))) this.changeAt ||= this.writes;
        if (this.writes !== this.at) return journal.write(write, done);
        if (this.survives) journal.write(write, () => this.onCrash());
        else this.onCrash();
      },
    };
  }
}

function play(mortal: Mortal): NodeWorld {
  const world = new NodeWorld({
    villains: { 0: 'equivocate' },
    journal: (process, journal) => (process === 1 ? mortal.wrap(journal) : journal),
  });
  world.tap = [];
  mortal.onCrash = () => {
    const court = epochOneCourt(world);
    mortal.spoke = (world.tap ?? []).some(({ from, message }) => {
      const vote = from === 'replica-1' ? outerEnvelope(message) : null;
      return vote !== null && court?.verify(vote.sender, vote.payload, vote.signature) === true;
    });
    world.tap = null;
    world.crash(1);
    world.scheduler.at(world.scheduler.nowUs + 150_000, () => world.restart(1));
  };
  world.start();
  world.load(40);
  world.run(2500);
  world.load(8);
  world.run(1500);
  return world;
}

function epochOneCourt({ hosts }: NodeWorld) {
  return hosts.find(({ seat }) => seat?.epoch === 1)?.seat?.court;
}

const dry = new Mortal(0, true);
play(dry);
const around = Array.from({ length: 9 }, (_, i) => dry.changeAt - 4 + i);

test('the change of epoch is one write among others', () => {
  expect(dry.changeAt).toBeGreaterThan(4);
  expect(dry.writes).toBeGreaterThan(dry.changeAt + 4);
});

test.each(around.flatMap((at) => [true, false].map((survives) => ({ at, survives }))))(
  'a crash at write $at (on disk: $survives) leads back to one epoch',
  ({ at, survives }) => {
    const mortal = new Mortal(at, survives);
    const world = play(mortal);
    const standings = world.standings([1, 2, 3, 4]);
    expect(world.host(1).error).toBeNull();
    expect(standings).toEqual(standings.map(() => ({ ...standings[2], epoch: 1 })));
    for (const process of [1, 2, 3, 4]) {
      const { accused, isolated, entered } = world.host(process);
      expect(accused.filter((who) => who !== 0)).toEqual([]);
      expect(isolated).toEqual([0]);
      const epochs = entered.map(({ epoch }) => epoch);
      // Not yet on disk, epoch 1 may be forgotten; but then nothing was said in it.
      if (process !== 1 || mortal.spoke) expect(epochs).toEqual(epochs.toSorted((x, y) => x - y));
      const bases = entered.filter(({ epoch }) => epoch === 1).map(({ base }) => base);
      expect(new Set(bases)).toEqual(new Set([world.host(2).entered.at(-1)?.base]));
    }
  },
);
