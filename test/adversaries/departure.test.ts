import { describe, expect, it } from 'vitest';
import { around, peersOf, sendEach } from '../../src/adversaries/around.ts';
import { behaviours } from '../../src/adversaries/behaviours.ts';
import { noticing } from '../../src/adversaries/departure.ts';
import { window } from '../../src/adversaries/window.ts';
import type { Behaviour, Effect, Input } from '../../src/pbft/replica.ts';
import { kitOf, operations, prePrepare, Scripted, startMs, tick, toOthers } from './fakes.ts';

const kit = kitOf();
const word = toOthers(prePrepare(0, 0, 1));
const [operation = new Uint8Array()] = operations(1);
const request: Input = { type: 'request', operation };

/** The step, from 0, in which each departure was told, of ten that a replica speaks in. */
function departures(behaviour: Behaviour, input: Input = tick): number[] {
  const told: number[] = [];
  let now = 0;
  const script = new Array<Effect[]>(10).fill([word]);
  const replica = noticing(kit, behaviour, () => told.push(now))(new Scripted(...script));
  for (; now < script.length; now++) replica.step(input, startMs + now);
  return told;
}

describe('a departure from the protocol', () => {
  it('is none as long as the same is said to the same, in whatever form', () => {
    expect(departures((honest) => honest)).toEqual([]);
    const oneByOne: Behaviour = (honest) =>
      around(honest, {
        says: (effect) =>
          effect.type === 'send' ? sendEach(kit, effect, () => effect.message) : [effect],
      });
    expect(departures(oneByOne)).toEqual([]);
  });

  it('is told in the step that makes it, once', () => {
    expect(departures(behaviours.silent(kit))).toEqual([0]);
    expect(departures(window(behaviours.silent(kit), 4, null, startMs))).toEqual([4]);
  });

  const table: { why: string; behaviour: Behaviour; input?: Input }[] = [
    {
      why: 'one of the others hears nothing',
      behaviour: (honest) =>
        around(honest, {
          says: (effect) =>
            effect.type === 'send'
              ? sendEach(kit, effect, (to) => (to === peersOf(kit)[1] ? null : effect.message))
              : [effect],
        }),
    },
    { why: 'a message is another', behaviour: behaviours.corruptDigest(kit) },
    { why: 'something is added', behaviour: behaviours.flood(kit) },
    {
      why: 'the honest replica does not hear what came',
      behaviour: behaviours.censor(kitOf({ isVictim: () => true })),
      input: request,
    },
    { why: 'it hears more than what came', behaviour: behaviours.forgeProof(kit), input: request },
    {
      why: 'it believes that it is another time',
      behaviour: behaviours.skewTimestamp(kitOf({ options: { skewMs: 5000 } })),
    },
  ];
  it.each(table)('is made when $why', ({ behaviour, input }) => {
    expect(departures(behaviour, input)).toEqual([0]);
  });

  it('changes nothing of what is said, nor of what is kept back', () => {
    const script = () => new Array<Effect[]>(20).fill([word]);
    const make = () => behaviours.delay(kitOf({ options: { delayMs: 8 } }));
    const plain = window(make(), 0, 15, startMs)(new Scripted(...script()));
    const noticed = noticing(kit, make(), () => {});
    const watched = window(noticed, 0, 15, startMs)(new Scripted(...script()));
    for (let i = 0; i < 20; i++) {
      expect(watched.step(tick, startMs + i)).toEqual(plain.step(tick, startMs + i));
    }
  });
});
