import { expect, test } from 'vitest';
import type { Message } from '../../src/pbft/messages.ts';
import type { Journal } from '../../src/runtime/ports.ts';
import { NodeWorld, parameters } from './world.ts';

const { checkpointInterval } = parameters;
const watched = 1;

/** A world that knows what the watched process had on disk whenever it said something. */
class Witnessed extends NodeWorld {
  readonly said: { readonly message: Message; readonly decided: number }[] = [];
  /** Sequences of the decisions on its disk, also of those below a checkpoint by now. */
  private readonly onDisk: Set<number>;

  constructor() {
    const onDisk = new Set<number>();
    const witness = (journal: Journal): Journal => ({
      load: (done) => journal.load(done),
      write: (write, done) =>
        journal.write(write, (error) => {
          for (const { key } of write.puts) {
            const [, , type, sequence] = key.split('/');
            if (type === 'decided') onDisk.add(Number(sequence));
          }
          done(error);
        }),
    });
    super({ journal: (process, journal) => (process === watched ? witness(journal) : journal) });
    this.onDisk = onDisk;
    const said = this.said;
    const decided = () => this.decidedInARow;
    this.tap = new (class extends Array {
      override push(one: { from: string; message: Message }): number {
        if (one.from === `replica-${watched}`) {
          said.push({ message: one.message, decided: decided() });
        }
        return 0;
      }
    })();
  }

  /** The last sequence up to which every decision is on disk. */
  get decidedInARow(): number {
    let sequence = 0;
    while (this.onDisk.has(sequence + 1)) sequence++;
    return sequence;
  }
}

test('a reply does not wait for the decision to be on disk', () => {
  const world = new Witnessed();
  world.start();
  world.request();
  world.run(20);
  const replies = world.said.filter(({ message }) => message.type === 'reply');
  expect(replies.map(({ decided }) => decided)).toEqual([0]);
});

test('an idle node has its last decision on disk after a while', () => {
  const world = new Witnessed();
  world.start();
  world.request();
  world.run(20);
  expect(world.decidedInARow).toBe(0);
  world.run(6 * parameters.statusIntervalMs);
  expect(world.decidedInARow).toBe(1);
});

test('a vote over a checkpoint waits until all decisions below it are on disk', () => {
  const world = new Witnessed();
  world.start();
  world.load(60, 3);
  world.run(100);
  const votes = world.said.flatMap(({ message, decided }) =>
    message.type === 'checkpoint' ? [{ sequence: message.vote.statement.sequence, decided }] : [],
  );
  expect(votes.length).toBeGreaterThan(3);
  for (const { sequence, decided } of votes) {
    expect(sequence % checkpointInterval).toBe(0);
    expect(decided).toBeGreaterThanOrEqual(sequence);
  }
});
