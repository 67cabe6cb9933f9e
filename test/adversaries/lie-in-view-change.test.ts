import { describe, expect, it } from 'vitest';
import { behaviours } from '../../src/adversaries/behaviours.ts';
import { toHex } from '../../src/base/bytes.ts';
import { seal } from '../../src/pbft/envelope.ts';
import type { MessageOf, NewView, ViewChange } from '../../src/pbft/messages.ts';
import type { Effect } from '../../src/pbft/replica.ts';
import { encodeStatement } from '../../src/pbft/statement-codec.ts';
import {
  chainId,
  kitOf,
  prePrepare,
  reaching,
  Scripted,
  signerOf,
  startMs,
  tick,
  toOthers,
} from './fakes.ts';

const prepared = [1, 2, 3].map((sequence) => ({
  header: prePrepare(1, 1, sequence).header,
  prepares: [],
}));
const report: ViewChange = { type: 'viewChange', view: 4, stable: null, prepared };
const viewChange: MessageOf<'viewChange'> = {
  type: 'viewChange',
  vote: seal(report, 0, signerOf(0), chainId),
};
const headers = [1, 2, 3].map((sequence) => prePrepare(0, 4, sequence).header);
const viewChanges = [0, 1, 2].map((by) => seal(report, by, signerOf(by), chainId));
const announcement: NewView = { type: 'newView', view: 4, viewChanges, headers };
const newView: MessageOf<'newView'> = {
  type: 'newView',
  vote: seal(announcement, 0, signerOf(0), chainId),
};

function said(message: Effect, times = 40) {
  const script = Array.from({ length: times }, () => [message]);
  const replica = behaviours.lieInViewChange(kitOf())(new Scripted(...script));
  return script.flatMap(() => replica.step(tick, startMs));
}

describe('lieInViewChange', () => {
  it('keeps quiet as primary, so that the view must change', () => {
    const effects = said(toOthers(prePrepare(0, 0, 1)));
    expect(effects.flatMap((e) => (e.type === 'send' ? [e.message.type] : []))).not.toContain(
      'prePrepare',
    );
  });

  it.each([
    ['forgets what it prepared', (v: ViewChange) => v.prepared.length === 0],
    ['leaves out a part', (v: ViewChange) => v.prepared.length > 0 && v.prepared.length < 3],
    ['claims what no one prepared', (v: ViewChange) => v.prepared.length === 4],
    ['names a view far ahead', (v: ViewChange) => v.view > 4],
    ['tells the truth', (v: ViewChange) => v.view === 4 && v.prepared.length === 3],
  ])('%s, to one receiver or another', (_, matches) => {
    const reports = said(toOthers(viewChange)).flatMap((effect) =>
      effect.type === 'send' && effect.message.type === 'viewChange'
        ? [effect.message.vote.statement]
        : [],
    );
    expect(reports.some(matches)).toBe(true);
  });

  it('tells different receivers different things', () => {
    const effects = said(toOthers(viewChange), 1);
    const told = [1, 2, 3].map((to) =>
      reaching(effects, to)
        .map((m) => (m.type === 'viewChange' ? toHex(m.vote.payload) : ''))
        .join(),
    );
    expect(new Set(told).size).toBeGreaterThan(1);
  });

  it('announces views that do not follow from the reports, besides one that does', () => {
    const honest = toHex(encodeStatement(announcement));
    const payloads = said(toOthers(newView)).flatMap((effect) =>
      effect.type === 'send' && effect.message.type === 'newView'
        ? [toHex(effect.message.vote.payload)]
        : [],
    );
    expect(payloads).toContain(honest);
    expect(new Set(payloads).size).toBeGreaterThan(4);
  });
});
