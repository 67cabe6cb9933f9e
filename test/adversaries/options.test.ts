import { describe, expect, it } from 'vitest';
import { behaviours } from '../../src/adversaries/behaviours.ts';
import type { AdversaryKit } from '../../src/adversaries/kit.ts';
import { window } from '../../src/adversaries/window.ts';
import type { Effect } from '../../src/pbft/replica.ts';
import { kitOf, operations, prePrepare, Scripted, startMs, tick, toOthers } from './fakes.ts';

const message: Effect[] = [toOthers(prePrepare(0, 0, 1))];

describe('a share', () => {
  const silences = (share: number) => {
    const kit = kitOf({ options: { share } });
    const script = new Array<Effect[]>(400).fill(message);
    const replica = behaviours.silent(kit)(new Scripted(...script));
    return script.filter((_, i) => replica.step(tick, startMs + i).length === 0).length;
  };

  it('is how often the villain plays its part; in other steps it is honest', () => {
    expect(silences(0)).toBe(0);
    expect(silences(0.25)).toBeGreaterThan(60);
    expect(silences(0.25)).toBeLessThan(140);
    expect(silences(1)).toBe(400);
  });

  it('leaves nothing held back for ever', () => {
    const kit = kitOf({ options: { share: 0.5, delayMs: 60_000 } });
    const script = new Array<Effect[]>(40).fill(message);
    const replica = window(behaviours.delay(kit), 0, 1000, startMs)(new Scripted(...script));
    const sent = script.flatMap((_, i) => replica.step(tick, startMs + i));
    const rest = replica.step(tick, startMs + 1000);
    expect(rest.length).toBeGreaterThan(0);
    expect(sent.length + rest.length).toBe(40);
  });
});

describe('the rate of staleView', () => {
  it('is how often it proposes where it once led', () => {
    const proposed = (changes: Partial<AdversaryKit>) => {
      const kit = kitOf(changes);
      const replica = behaviours.staleView(kit)(new Scripted([toOthers(prePrepare(0, 0, 7))]));
      replica.step(tick, startMs);
      const said = operations(1000).flatMap((operation, i) => {
        return replica.step({ type: 'request', operation }, startMs + i);
      });
      return said.length;
    };
    expect(proposed({ options: { messagesPerSecond: 2 } })).toBeLessThan(proposed({}));
  });
});
