import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { RunEvent } from '../../src/scenario/trace.ts';
import { runInSimulator } from '../../src/simulator/run.ts';
import { noneInvalid, scenario } from './scenarios.ts';

const replays = 12;

/** Requests over some seconds, a third of them with a sequence that was used before. */
async function play(timeline: Scenario['timeline']) {
  const replayed: { atMs: number; rejected: boolean }[] = [];
  const onEvent = (event: RunEvent): void => {
    if (event.type !== 'request' || event.record.broken !== 'replay') return;
    replayed.push({ atMs: event.atMs, rejected: event.record.outcome === 'rejected' });
  };
  const { result } = await runInSimulator(
    scenario({
      timeline,
      workload: {
        clients: 1,
        requests: 3 * replays,
        outstanding: 1,
        ratePerSecond: 4,
        invalid: { ...noneInvalid, replay: replays },
      },
    }),
    { onEvent },
  );
  return { result, replayed };
}

describe('a used sequence is refused', () => {
  test.each<[string, Scenario['timeline'], number, number]>([
    ['in the quiet of one view', [], 0, 0],
    ['after a view change', [{ type: 'crash', atMs: 2500, replica: 0 }], 1, 2500],
    [
      'after a restart of every replica, one by one',
      [0, 1, 2, 3].flatMap((replica): Scenario['timeline'] => [
        { type: 'crash', atMs: 1000 + 800 * replica, replica },
        { type: 'restart', atMs: 1300 + 800 * replica, replica, disk: 'kept' },
      ]),
      0,
      3700,
    ],
    [
      'after a state transfer to one that lost its disk, which executes as the others do',
      [
        { type: 'crash', atMs: 5000, replica: 3 },
        { type: 'restart', atMs: 5500, replica: 3, disk: 'lost' },
      ],
      0,
      5500,
    ],
  ])('%s', async (_, timeline, viewChanges, sinceMs) => {
    const { result, replayed } = await play(timeline);
    expect(result).toMatchObject({ outcome: 'passed', pending: 0, issued: 2 * replays });
    expect(result.rejected).toMatchObject({ total: replays, replay: replays });
    const restarted = timeline.flatMap((e) => (e.type === 'restart' ? [e.replica] : []));
    expect(result.recovered).toEqual(restarted);
    expect(result.viewChanges).toBeGreaterThanOrEqual(viewChanges);
    expect(replayed.map(({ rejected }) => rejected)).toEqual(replayed.map(() => true));
    // It proves something only if there were replays after the event, too.
    expect(replayed.filter(({ atMs }) => atMs > sinceMs).length).toBeGreaterThan(2);
  });
});
