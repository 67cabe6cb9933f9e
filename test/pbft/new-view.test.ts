import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { batchDigest, headerDigest } from '../../src/pbft/envelope.ts';
import type { Message } from '../../src/pbft/messages.ts';
import { chooseHeaders, rejectNewView } from '../../src/pbft/new-view.ts';
import { Alone, accused, sent } from './alone.ts';

const types = (messages: readonly Message[]) => messages.map(({ type }) => type);
const [batch, other] = [[utf8('a')], [utf8('b')]];

/** A replica that hears of view 1, in which `batch` stands at 1 because it had prepared there. */
function reorders(alone: Alone) {
  const headers = [alone.header(1, 1, batch)];
  return alone.newView(1, headers, { prepared: [alone.prepared(1)] });
}

describe('what a new view orders (§4.4)', () => {
  it('is what prepared in the highest view, whoever says so first', () => {
    const alone = new Alone(0);
    const changes = [
      alone.viewChange(3, 1, { prepared: [alone.prepared(1, 0, batch)] }),
      alone.viewChange(3, 2, { prepared: [alone.prepared(1, 2, other)] }),
      alone.viewChange(3, 3, { prepared: [alone.prepared(1, 1, batch)] }),
    ];
    for (const viewChanges of [changes, changes.toReversed()]) {
      const { headers } = chooseHeaders(3, viewChanges, undefined);
      expect(headers.map((header) => header.batchDigest)).toEqual([batchDigest(other)]);
    }
  });

  it('begins above the highest stable checkpoint of any view change', () => {
    const alone = new Alone(0);
    const viewChanges = [0, 8, 4].map((sequence, by) => {
      const stable = sequence === 0 ? null : alone.checkpoint(sequence);
      return alone.viewChange(1, by, { stable, prepared: [alone.prepared(sequence + 1)] });
    });
    const { stable, headers } = chooseHeaders(1, viewChanges, undefined);
    expect(stable?.statement.sequence).toBe(8);
    expect(headers.map(({ sequence }) => sequence)).toEqual([9]);
  });
});

describe('a new view is refused', () => {
  const alone = new Alone(0);
  const { verify, validators, parameters } = alone.cluster;
  const reason = (vote: ReturnType<typeof reorders>) =>
    rejectNewView(vote, { verify, validators, parameters });

  it('not when it orders what follows', () => {
    expect(reason(reorders(alone))).toBeNull();
  });

  it('for view 0, which nobody opens', () => {
    expect(reason(alone.newView(0))).toBe('not by the primary of the view');
  });

  it('for another batch than had prepared', () => {
    const headers = [alone.header(1, 1, other)];
    const vote = alone.newView(1, headers, { prepared: [alone.prepared(1)] });
    expect(reason(vote)).toMatch('does not follow from the view changes');
  });

  it('for a header under another name than that of its signer', () => {
    const headers = [{ ...alone.header(1, 1, batch), sender: 2 }];
    const vote = alone.newView(1, headers, { prepared: [alone.prepared(1)] });
    // The name is no part of what was signed, nor of the bytes of the new view.
    expect(reason({ ...vote, statement: { ...vote.statement, headers } })).toMatch('follow');
  });
});

describe('a new view', () => {
  it('by the replica itself comes from nobody else', () => {
    const alone = new Alone(1);
    expect(alone.hear(2, { type: 'newView', vote: alone.newView(1) })).toEqual([]);
    expect(alone.state.view).toBe(0);
  });

  it('that comes late is not entered, be it of a view before or of this one', () => {
    const alone = new Alone(3);
    const first = alone.newView(2);
    alone.hear(2, { type: 'newView', vote: first });
    alone.hear(1, { type: 'newView', vote: alone.newView(1) });
    alone.hear(2, { type: 'newView', vote: alone.newView(2, [], { stable: alone.checkpoint(4) }) });
    expect(alone.state).toMatchObject({ view: 2, active: true, newView: first });
  });

  it('gives back the requests that stood in a batch of the view before', () => {
    const alone = new Alone(2);
    alone.request(utf8('b'));
    const header = alone.header(0, 1, other);
    alone.hear(0, { type: 'prePrepare', header, batch: other });
    expect(alone.state.unproposed.size).toBe(0);
    alone.hear(1, { type: 'newView', vote: alone.newView(1) });
    expect(alone.state.unproposed.size).toBe(1);
  });

  it('shows by its stable checkpoint how far the others are', () => {
    const alone = new Alone(2);
    const stable = alone.checkpoint(4);
    alone.hear(1, { type: 'newView', vote: alone.newView(1, [], { stable }) });
    expect(alone.state.ahead).toEqual(stable);
  });

  it('is answered once', () => {
    const alone = new Alone(2);
    alone.hear(0, { type: 'prePrepare', header: alone.header(0, 1, batch), batch });
    const vote = reorders(alone);
    expect(types(sent(alone.hear(1, { type: 'newView', vote })))).toEqual(['prepare']);
    const later = sent(alone.step({ type: 'timeout', timer: 'status' }));
    expect(types(later)).not.toContain('prepare');
  });

  it('is not answered at and below the stable checkpoint of the replica', () => {
    const alone = new Alone(2);
    alone.restart([{ type: 'stable', certificate: alone.checkpoint(4) }]);
    expect(sent(alone.hear(1, { type: 'newView', vote: reorders(alone) }))).toEqual([]);
    expect([...alone.state.slots.keys()]).toEqual([]);
    expect(types(sent(alone.step({ type: 'timeout', timer: 'status' })))).toEqual(['status']);
    expect([...alone.state.slots.keys()]).toEqual([]);
  });

  it('is not answered where its primary had proposed something else', () => {
    const alone = new Alone(2);
    alone.hear(0, { type: 'prePrepare', header: alone.header(0, 1, batch), batch });
    alone.hear(1, { type: 'prePrepare', header: alone.header(1, 1, other), batch: other });
    const effects = alone.hear(1, { type: 'newView', vote: reorders(alone) });
    expect(accused(effects).map(({ type }) => type)).toEqual(['conflictingPrePrepare']);
    expect(types(sent(effects))).not.toContain('prepare');
  });
});

describe('a batch that a new view orders and the replica lacks', () => {
  const lacking = () => {
    const alone = new Alone(2);
    const effects = alone.hear(1, { type: 'newView', vote: reorders(alone) });
    expect(types(sent(effects))).toEqual(['fetchBatch', 'fetchBatch']);
    return alone;
  };

  it('is answered when it comes, and no other', () => {
    const alone = lacking();
    expect(sent(alone.hear(0, { type: 'batch', batch: other }))).toEqual([]);
    const [prepare] = sent(alone.hear(0, { type: 'batch', batch }));
    const named = headerDigest(alone.header(1, 1, batch));
    expect(prepare?.type === 'prepare' && prepare.vote.statement.headerDigest).toBe(named);
  });

  it('is not voted for where something else was decided meanwhile', () => {
    const alone = lacking();
    alone.hear(0, { type: 'decided', certificate: alone.decided(1, 0, other), batch: other });
    expect(sent(alone.hear(0, { type: 'batch', batch }))).toEqual([]);
    const known = new Alone(2);
    known.hear(0, { type: 'prePrepare', header: known.header(0, 1, batch), batch });
    known.hear(0, { type: 'decided', certificate: known.decided(1, 0, other), batch: other });
    const effects = known.hear(1, { type: 'newView', vote: reorders(known) });
    expect(types(sent(effects))).not.toContain('prepare');
  });

  it('is not voted for where it was decided with another time', () => {
    const alone = new Alone(2);
    alone.hear(0, { type: 'decided', certificate: alone.decided(1, 0, batch), batch });
    alone.cluster.nowMs++;
    const effects = alone.hear(1, { type: 'newView', vote: reorders(alone) });
    expect(types(sent(effects))).not.toContain('prepare');
  });
});
