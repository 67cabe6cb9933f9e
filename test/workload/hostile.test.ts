import { describe, expect, it, vi } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { ed25519 } from '../../src/base/signature.ts';
import { decodeOperation, nopOperation } from '../../src/ledger/operation.ts';
import { encodeResult } from '../../src/ledger/result.ts';
import { requestDigest } from '../../src/pbft/envelope.ts';
import { decodeMessage } from '../../src/pbft/message-codec.ts';
import type { ValidatorOutcome } from '../../src/runtime/validator.ts';
import { type HostileName, hostileBehaviours } from '../../src/workload/hostile/behaviours.ts';
import { HostileClient } from '../../src/workload/hostile/hostile-client.ts';
import type { HostileKit, Inquiry } from '../../src/workload/hostile/kit.ts';
import { OnceWatch } from '../../src/workload/hostile/once-watch.ts';
import { payment } from '../../src/workload/hostile/send.ts';
import type { HostileWorld } from '../../src/workload/hostile/world.ts';

const chainId = 'ab'.repeat(32);
const replicas = ['replica-0', 'replica-1', 'replica-2', 'replica-3', 'replica-4', 'replica-5'];
const signer = ed25519.signer(new Uint8Array(32).fill(7));

interface Sent {
  readonly to: string;
  readonly frame: Uint8Array;
  readonly half: boolean;
}

/** A kit that keeps what is sent, and proves nothing but what was wanted. */
function kitOf() {
  const sent: Sent[] = [];
  const wanted: Parameters<HostileKit['prove']>[0][] = [];
  let sequence = 0;
  const kit: HostileKit = {
    client: 0,
    domain: 'client-2.mesh',
    chainId,
    signer,
    random: new Random(1),
    replicas,
    f: 1,
    link: {
      send: (to, frame) => sent.push({ to, frame, half: false }),
      sendHalf: (to, frame) => sent.push({ to, frame, half: true }),
    },
    payees: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)],
    nextSequence: () => ++sequence,
    prove: (what, done) => {
      wanted.push(what);
      done(nopOperation(new TextEncoder().encode(what.name)));
    },
  };
  const misbehave = (behaviour: HostileName, round: number): readonly Inquiry[] => {
    sent.length = 0;
    let asked: readonly Inquiry[] = [];
    hostileBehaviours[behaviour].misdeed(kit, round, (inquiries) => {
      asked = inquiries;
    });
    return asked;
  };
  return { sent, wanted, misbehave };
}

function operationIn(frame: Uint8Array): Uint8Array {
  const decoded = decodeMessage(frame);
  if (!decoded.ok || decoded.value.type !== 'request') throw new Error('no request');
  return decoded.value.operation;
}

describe('a client that', () => {
  it('contradicts itself spends one sequence twice, each half hearing one story', () => {
    const { sent, misbehave } = kitOf();
    const asked = misbehave('conflict', 0);
    expect(sent.map(({ to }) => to)).toEqual(replicas);
    const told = new Set(sent.map(({ frame }) => requestDigest(operationIn(frame))));
    expect(told.size).toBe(2);
    expect(sent[2]?.frame).toBe(sent[0]?.frame);
    expect(sent[3]?.frame).not.toBe(sent[0]?.frame);
    const sequences = asked.map(({ operation }) => {
      const decoded = decodeOperation(operation);
      return decoded.ok && decoded.value.type === 'order' ? decoded.value.sequence : null;
    });
    expect(sequences).toEqual([1, 1]);
  });

  it('contradicts itself asks for two names under one id and one sequence', () => {
    const { wanted, misbehave } = kitOf();
    expect(misbehave('conflict', 1)).toHaveLength(2);
    const [one, other] = wanted;
    expect(one?.requestId).toBe(other?.requestId);
    expect(one?.sequence).toBe(other?.sequence);
    expect(one?.name).not.toBe(other?.name);
  });

  it('half-sends tells f replicas all and the others half, another f each time', () => {
    const { sent, misbehave } = kitOf();
    const whole = replicas.map((_, round) => {
      expect(misbehave('halfSend', round)).toHaveLength(1);
      expect(sent).toHaveLength(replicas.length);
      return sent.filter(({ half }) => !half).map(({ to }) => to);
    });
    expect(whole).toEqual(replicas.map((replica) => [replica]));
  });

  it('asks one backup never asks the first primary', () => {
    const { sent, misbehave } = kitOf();
    for (let round = 0; round < 20; round++) {
      misbehave('oneBackup', round);
      expect(sent).toHaveLength(1);
      expect(sent[0]?.to).not.toBe('replica-0');
    }
  });

  it('floods asks everybody something new each time, now and then something large', () => {
    const { sent, misbehave } = kitOf();
    const seen = new Set<string>();
    let largest = 0;
    for (let round = 0; round < 32; round++) {
      misbehave('flood', round);
      expect(sent.map(({ to }) => to)).toEqual(replicas);
      seen.add(requestDigest(operationIn(sent[0]?.frame as Uint8Array)));
      largest = Math.max(largest, sent[0]?.frame.length ?? 0);
    }
    expect(seen.size).toBe(32);
    expect(largest).toBeGreaterThan(100_000);
  });

  it('sends garbage sends nothing that could be honoured', () => {
    const { sent, misbehave } = kitOf();
    for (let round = 0; round < 25; round++) {
      expect(misbehave('garbage', round)).toEqual([]);
      const decoded = decodeMessage(sent[0]?.frame as Uint8Array);
      if (!decoded.ok || decoded.value.type !== 'request') continue;
      const operation = decodeOperation(decoded.value.operation);
      expect(!operation.ok || operation.value.type === 'isolate').toBe(true);
    }
  });

  it('poisons breaks one proof in every request, and says so where it inquires', () => {
    const { wanted, misbehave } = kitOf();
    const asked = Array.from({ length: 20 }, (_, round) => misbehave('poison', round)).flat();
    expect(new Set(wanted.map(({ broken }) => broken)).size).toBe(5);
    expect(wanted.every(({ broken }) => broken !== null)).toBe(true);
    expect(asked).toHaveLength(5);
    expect(asked.every(({ broken }) => broken)).toBe(true);
  });
});

const said = { operation: '00'.repeat(32), beacon: { epoch: 1, value: '11'.repeat(32) } };
const accepted = (atMs: number) =>
  encodeResult({ type: 'accepted', ...said, decidedAtMs: atMs, computeBits: 1 });
const refused = encodeResult({
  type: 'refused',
  ...said,
  decidedAtMs: 1,
  computeBits: 1,
  reason: 'replayed',
});

describe('what is honoured once', () => {
  const { payees } = { payees: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] as const };
  const pay = (sequence: number, payee: 0 | 1) =>
    payment({ chainId, signer, payees } as unknown as HostileKit, sequence, payee);

  it('may be told again in the same words', () => {
    const watch = new OnceWatch();
    expect(watch.see(pay(1, 0), accepted(1))).toBeNull();
    expect(watch.see(pay(1, 0), accepted(1))).toBeNull();
    expect(watch.see(pay(2, 1), accepted(2))).toBeNull();
  });

  it('is not honoured again in others', () => {
    const watch = new OnceWatch();
    watch.see(pay(1, 0), accepted(1));
    expect(watch.see(pay(1, 0), accepted(2))).toContain('honoured twice');
  });

  it('leaves no room for another under its sequence, unless that was refused', () => {
    const watch = new OnceWatch();
    watch.see(pay(1, 0), accepted(1));
    expect(watch.see(pay(1, 1), refused)).toBeNull();
    expect(watch.see(pay(1, 1), accepted(1))).toContain('both honoured: sequence 1 of');
  });
});

describe('a hostile client', () => {
  /** Runs one to its end with a cluster that answers everything alike. */
  function play(behaviour: HostileName, answer: Uint8Array | null) {
    const wrong: string[] = [];
    let nowMs = 0;
    const due: { atMs: number; callback: () => void }[] = [];
    const asked = new Map<string, number>();
    const outcome = (): ValidatorOutcome =>
      answer === null
        ? { type: 'timeout' }
        : ({ type: 'certified', certified: { answer: { result: answer } } } as ValidatorOutcome);
    const world = {
      seed: 1,
      chainId,
      scheme: ed25519,
      firstClient: 2,
      requirements: { minimumStake: 100 },
      replicas,
      f: 1,
      validator: () => ({
        submit: (operation: Uint8Array, done: (told: ValidatorOutcome) => void) => {
          const digest = requestDigest(operation);
          asked.set(digest, (asked.get(digest) ?? 0) + 1);
          done(outcome());
        },
      }),
      link: () => ({ send: () => {}, sendHalf: () => {} }),
      clock: { nowMs: () => nowMs },
      timers: {
        after: (delayMs: number, callback: () => void) => {
          due.push({ atMs: nowMs + delayMs, callback });
          return () => {};
        },
      },
      onAnswer: () => {},
      onWrong: (detail: string) => wrong.push(detail),
    } as unknown as HostileWorld;
    const spec = { behaviour, requests: 6, fromMs: 100, untilMs: 700 };
    const client = new HostileClient(0, spec, world);
    client.start();
    const doneAt: number[] = [];
    while (due.length > 0) {
      due.sort((a, b) => a.atMs - b.atMs);
      const next = due.shift()!;
      nowMs = next.atMs;
      next.callback();
      if (client.isDone && doneAt.length === 0) doneAt.push(nowMs);
    }
    return { record: client.record, wrong, asked, doneAt: doneAt[0] };
  }

  it('asks twice what became of each misdeed, and is done when it knows', () => {
    const { record, asked, doneAt } = play('halfSend', accepted(1));
    expect(record).toEqual({
      client: 0,
      behaviour: 'halfSend',
      misdeeds: 6,
      asked: 6,
      answered: 6,
      honoured: 6,
    });
    expect([...asked.values()]).toEqual([2, 2, 2, 2, 2, 2]);
    expect(doneAt).toBeGreaterThan(1000);
  });

  it('tells when something broken is honoured, and not when it is refused', () => {
    const { misdeed } = hostileBehaviours.halfSend;
    const broken = vi.spyOn(hostileBehaviours.halfSend, 'misdeed');
    broken.mockImplementation((kit, round, done) => {
      misdeed(kit, round, (asked) => done(asked.map((one) => ({ ...one, broken: true }))));
    });
    expect(play('halfSend', refused).wrong).toEqual([]);
    expect(play('halfSend', accepted(1)).wrong).toHaveLength(6);
    broken.mockRestore();
  });

  it('takes no answer for an answer that can be lived with', () => {
    const { record } = play('oneBackup', null);
    expect(record).toMatchObject({ misdeeds: 6, asked: 6, answered: 0, honoured: 0 });
  });
});
