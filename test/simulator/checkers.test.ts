import { describe, expect, test } from 'vitest';
import { seal } from '../../src/pbft/envelope.ts';
import type { Evidence } from '../../src/pbft/evidence.ts';
import type { Effect, Input } from '../../src/pbft/replica.ts';
import { parametersOf } from '../../src/scenario/deployment.ts';
import type { FinalState } from '../../src/simulator/checkers/checker.ts';
import { allCheckers, Panel } from '../../src/simulator/checkers/panel.ts';
import { acknowledged, execute, executed, makeCast } from './histories.ts';
import { scenario } from './scenarios.ts';

const parameters = { ...parametersOf(scenario()), requestTimeoutMs: 1000 };

/** A panel over n = 4 (replica 3 faulty) that is told a history, and what it found. */
function judge(history: (panel: Panel) => void, adversaries = [3], n = 4) {
  const { cast } = makeCast(n, adversaries);
  const panel = new Panel(cast, allCheckers(cast, parameters, 0, { clientPatienceMs: 0 }));
  history(panel);
  return panel.violation;
}

const step: Input = { type: 'timeout', timer: 'status' };

function decide(panel: Panel, replica: number, effect: Effect, atUs = 5000): void {
  panel.step(replica, step, [effect], atUs);
}

/** `replica` decides and executes the batch. */
function run(panel: Panel, replica: number, sequence: number, names: string[], lie = ''): void {
  decide(panel, replica, execute(sequence, names));
  panel.executed(replica, executed(sequence, names, lie), 6000);
}

function state(replica: number, sequence: number, lostDisk = false): FinalState {
  return { replica, executed: sequence, stateDigest: 'aa', lostDisk, votes: true };
}

function evidence(accused: number): Evidence {
  const { signer } = makeCast(4);
  const vote = (headerDigest: string) =>
    seal({ type: 'commit', view: 0, sequence: 1, headerDigest }, accused, signer(accused), 'c4');
  const [first, second] = [vote('aa'.repeat(32)), vote('bb'.repeat(32))];
  return { type: 'conflictingCommit', accused, first, second };
}

const trouble = { healthy: false, calm: false };
const calm = { healthy: true, calm: true };

const leave = (view: number): Effect => ({ type: 'enterView', view, active: false });

test('a correct history gives no finding, whatever the faulty replica does', () => {
  const violation = judge((panel) => {
    for (const replica of [0, 1, 2]) run(panel, replica, 1, ['a', 'b']);
    run(panel, 3, 1, ['z'], 'lie');
    panel.acknowledged(acknowledged(4, 1, ['a', 'b']), 7000);
    for (const replica of [0, 1, 2]) run(panel, replica, 2, ['c']);
    run(panel, 0, 3, []);
    decide(panel, 0, { type: 'accuse', evidence: evidence(3) });
    panel.restarted(0);
    run(panel, 0, 3, []);
    panel.end([state(0, 3), state(1, 2), state(2, 2)], null, 9000);
  });
  expect(violation).toBeNull();
});

const table: { checker: string; why: string; history: (panel: Panel) => void }[] = [
  {
    checker: 'agreement',
    why: 'two replicas decide different batches for one sequence',
    history: (panel) => {
      decide(panel, 0, execute(1, ['a']));
      decide(panel, 1, execute(1, ['b']));
    },
  },
  {
    checker: 'agreement',
    why: 'two replicas decide one batch at different times',
    history: (panel) => {
      decide(panel, 0, execute(1, ['a'], 50));
      decide(panel, 1, execute(1, ['a'], 51));
    },
  },
  {
    checker: 'agreement',
    why: 'two replicas reach different states from one batch',
    history: (panel) => {
      run(panel, 0, 1, ['a']);
      run(panel, 1, 1, ['a'], 'lie');
    },
  },
  {
    checker: 'agreement',
    why: 'a replica decides otherwise after a restart',
    history: (panel) => {
      decide(panel, 0, execute(1, ['a']));
      panel.restarted(0);
      decide(panel, 0, execute(1, ['b']));
    },
  },
  {
    checker: 'totalOrder',
    why: 'a sequence is left out',
    history: (panel) => {
      run(panel, 0, 1, ['a']);
      run(panel, 0, 3, ['c']);
    },
  },
  {
    checker: 'totalOrder',
    why: 'a sequence is executed twice in one life',
    history: (panel) => {
      run(panel, 0, 1, ['a']);
      run(panel, 0, 1, ['a']);
    },
  },
  {
    checker: 'totalOrder',
    why: 'operations are executed that were not decided',
    history: (panel) => {
      decide(panel, 0, execute(1, ['a', 'b']));
      panel.executed(0, executed(1, ['b', 'a']), 1);
    },
  },
  {
    checker: 'totalOrder',
    why: 'something is executed that nobody decided',
    history: (panel) => panel.executed(0, executed(1, ['a']), 1),
  },
  {
    checker: 'totalOrder',
    why: 'one operation ordered twice gets two answers',
    history: (panel) => {
      run(panel, 0, 1, ['a']);
      run(panel, 0, 2, ['a'], 'second');
    },
  },
  {
    checker: 'totalOrder',
    why: 'state transfer takes a replica back',
    history: (panel) => {
      run(panel, 0, 1, ['a']);
      run(panel, 0, 2, ['b']);
      panel.step(0, { type: 'installed', sequence: 1, ok: true }, [], 1);
    },
  },
  {
    checker: 'certificateSoundness',
    why: 'a certificate is one vote short',
    history: (panel) => panel.acknowledged(acknowledged(4, 1, ['a'], [0, 1]), 1),
  },
  {
    checker: 'certificateSoundness',
    why: 'one replica votes twice',
    history: (panel) => panel.acknowledged(acknowledged(4, 1, ['a'], [0, 1, 1]), 1),
  },
  {
    checker: 'certificateSoundness',
    why: 'a vote too many is forged',
    history: (panel) => {
      const told = acknowledged(4, 1, ['a'], [0, 1, 2]);
      const { certificate, answer, view } = told.certified;
      const forged = { replica: 3, signature: new Uint8Array(8) };
      const votes = [...certificate.votes, forged];
      panel.acknowledged(
        { ...told, certified: { certificate: { ...certificate, votes }, answer, view } },
        1,
      );
    },
  },
  {
    checker: 'certificateSoundness',
    why: 'the result is another than the certified one',
    history: (panel) => {
      const told = acknowledged(4, 1, ['a', 'b']);
      const answer = { ...told.certified.answer, result: Uint8Array.of(1) };
      panel.acknowledged({ ...told, certified: { ...told.certified, answer } }, 1);
    },
  },
  {
    checker: 'certificateSoundness',
    why: 'the answer is to another request',
    history: (panel) => {
      const told = acknowledged(4, 1, ['a']);
      panel.acknowledged({ ...told, requestDigest: 'ee'.repeat(32) }, 1);
    },
  },
  {
    checker: 'durability',
    why: 'a replica executes otherwise than a client was told before',
    history: (panel) => {
      panel.acknowledged(acknowledged(4, 1, ['a']), 1);
      run(panel, 0, 1, ['a'], 'lie');
    },
  },
  {
    checker: 'durability',
    why: 'a client is told otherwise than a replica executed before',
    history: (panel) => {
      run(panel, 0, 1, ['a']);
      panel.acknowledged(acknowledged(4, 1, ['a'], [0, 1, 3], 'lie'), 1);
    },
  },
  {
    checker: 'durability',
    why: 'two clients are told different things of one sequence',
    history: (panel) => {
      panel.acknowledged(acknowledged(4, 1, ['a']), 1);
      panel.acknowledged(acknowledged(4, 1, ['a'], [0, 1, 2], 'lie'), 1);
    },
  },
  {
    checker: 'durability',
    why: 'in the end a quorum has forgotten what a client was told',
    history: (panel) => {
      panel.acknowledged(acknowledged(4, 2, ['a']), 1);
      panel.end([state(0, 1), state(1, 1)], null, 9);
    },
  },
  {
    checker: 'accusation',
    why: 'a correct replica holds evidence against another',
    history: (panel) => decide(panel, 0, { type: 'accuse', evidence: evidence(1) }),
  },
  {
    checker: 'accusation',
    why: 'a committed decision isolates a correct replica',
    history: (panel) => panel.isolated(0, [1, 3], 1),
  },
  {
    checker: 'progress',
    why: 'requests wait without an answer longer than the timeouts allow',
    history: (panel) => {
      panel.outstanding(3, 0);
      panel.time(8_000_001);
    },
  },
  {
    checker: 'catchUp',
    why: 'a correct replica stays behind although it had time',
    history: (panel) => panel.end([state(0, 20), state(1, 15)], 16, 9),
  },
  {
    checker: 'needlessViewChange',
    why: 'f+1 correct replicas leave a correct primary long after healing',
    history: (panel) => {
      panel.step(0, step, [leave(2)], 9_000_000);
      panel.step(1, step, [leave(2)], 9_000_001);
    },
  },
];

test.each(table)('$checker fires when $why', ({ checker, history }) => {
  expect(judge(history)?.checker).toBe(checker);
});

describe('what is no finding', () => {
  test.each([
    {
      why: 'a faulty replica holds false evidence',
      history: (panel: Panel) => decide(panel, 3, { type: 'accuse', evidence: evidence(1) }),
    },
    {
      why: 'one replica alone leaves a correct primary',
      history: (panel: Panel) => {
        panel.step(0, step, [leave(2)], 9_000_000);
        panel.step(0, step, [leave(3)], 9_000_001);
      },
    },
    {
      why: 'a faulty primary is left',
      history: (panel: Panel) => {
        for (const replica of [0, 1, 2]) panel.step(replica, step, [leave(4)], 9_000_000);
      },
    },
    {
      why: 'a view is left soon after the network healed',
      history: (panel: Panel) => {
        panel.circumstances(trouble, 8_000_000);
        panel.circumstances(calm, 9_000_000);
        for (const replica of [0, 1, 2]) panel.step(replica, step, [leave(2)], 9_500_000);
      },
    },
    {
      why: 'requests wait while the network is cut',
      history: (panel: Panel) => {
        panel.outstanding(1, 0);
        panel.circumstances(trouble, 1);
        panel.time(1e9);
      },
    },
    {
      why: 'the only replicas that are up have lost their disks',
      history: (panel: Panel) => {
        panel.acknowledged(acknowledged(4, 2, ['a']), 1);
        panel.end([state(0, 1, true), state(1, 1)], null, 9);
      },
    },
    {
      why: 'a replica is behind by no more than what is under way',
      history: (panel: Panel) => panel.end([state(0, 20), state(1, 16)], 16, 9),
    },
    {
      why: 'a replica is behind that had no time to catch up, or no network',
      history: (panel: Panel) => {
        panel.end([state(0, 20), state(1, 1)], null, 9);
        panel.circumstances(trouble, 9);
        panel.end([state(0, 20), state(1, 1)], 20, 10);
      },
    },
    {
      why: 'a replica that restarts runs its journal again',
      history: (panel: Panel) => {
        run(panel, 0, 1, ['a']);
        run(panel, 0, 2, ['b']);
        panel.restarted(0);
        run(panel, 0, 2, ['b']);
      },
    },
  ])('$why', ({ history }) => {
    expect(judge(history)).toBeNull();
  });
});

test('the progress bound grows with the length of the trouble', () => {
  const waitAfterTrouble = (waitUs: number) =>
    judge((panel) => {
      panel.outstanding(1, 0);
      panel.circumstances(trouble, 0);
      panel.circumstances(calm, 2_000_000);
      panel.time(2_000_000 + waitUs);
    });
  expect(waitAfterTrouble(23_999_999)).toBeNull();
  expect(waitAfterTrouble(24_000_001)?.checker).toBe('progress');
});

test('a finding carries its virtual time, and the first one stays', () => {
  const violation = judge((panel) => {
    decide(panel, 0, { type: 'accuse', evidence: evidence(1) }, 812_500);
    decide(panel, 0, { type: 'accuse', evidence: evidence(2) }, 900_000);
  });
  expect(violation).toMatchObject({ checker: 'accusation', atMs: 812.5, replicas: [1] });
});
