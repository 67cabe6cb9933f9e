import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrowAt, arrowLine, maxArrows } from '../../../src/report/html/model/arrows.ts';
import { lightPalette } from '../../../src/report/html/model/colours.ts';
import { passing, sameSlot, showEverything } from '../../../src/report/html/model/filter.ts';
import { layOut } from '../../../src/report/html/model/layout.ts';
import { unpackMessages } from '../../../src/report/html/model/messages.ts';
import { paintDiagram } from '../../../src/report/html/model/paint.ts';
import {
  chosenRequests,
  requestRow,
  sortedRequests,
} from '../../../src/report/html/model/request-rows.ts';
import { SvgPen } from '../../../src/report/html/model/svg-pen.ts';
import {
  inside,
  panned,
  readableStart,
  ticksOf,
  zoomed,
} from '../../../src/report/html/model/window.ts';
import { packRun } from '../../../src/report/html/pack.ts';
import type { RunEvent } from '../../../src/scenario/trace.ts';
import { record, sample } from '../sample.ts';
import { fourReplicas, logOf, message, messagesPerSequence, normalCase } from './fixture.ts';

function pictureOf(events: Iterable<RunEvent>) {
  const run = packRun(fourReplicas, { ...sample, virtualMs: 50 }, logOf(events));
  const messages = unpackMessages(run);
  const filter = showEverything(run);
  const layout = layOut(run, filter.lanes, 1000, { fromUs: 0, toUs: run.endUs });
  const passes = passing(run, messages, filter);
  return { run, messages, filter, layout, passes, emphasised: null, selected: null };
}

const draw = (picture: ReturnType<typeof pictureOf>) => {
  const pen = new SvgPen(lightPalette);
  const painted = paintDiagram(picture, pen);
  return { painted, svg: pen.finish(1000, 400, 'test') };
};

/** Line segments of one colour. */
function segments(svg: string, colour: string): number {
  const paths = [...svg.matchAll(/<path d="([^"]*)" stroke="([^"]*)"/g)];
  const own = paths.filter(([, , stroke]) => stroke === lightPalette[colour]);
  return own.reduce((sum, [, path]) => sum + path!.split('M').length - 1, 0);
}

describe('the space-time diagram', () => {
  it('draws an arrow for each message and a name for each lane', () => {
    const { painted, svg } = draw(pictureOf(normalCase(4, 3)));
    expect(painted.shown).toHaveLength(3 * messagesPerSequence(4));
    expect(painted.asArrows).toBe(true);
    expect(segments(svg, 'prePrepare')).toBe(3 * 3);
    expect(segments(svg, 'prepare')).toBe(3 * 12);
    expect(segments(svg, 'commit')).toBe(3 * 12);
    const names = [...svg.matchAll(/>((?:replica|client) \d)</g)].map(([, name]) => name);
    expect(names).toEqual(['client 0', 'replica 0', 'replica 1', 'replica 2', 'replica 3']);
  });

  it('draws no arrow for a message that is filtered away', () => {
    const picture = pictureOf(normalCase(4, 1));
    const kinds = picture.run.kinds.map((kind) => kind !== 'prepare');
    const passes = passing(picture.run, picture.messages, { ...picture.filter, kinds });
    const { painted, svg } = draw({ ...picture, passes });
    expect(painted.shown).toHaveLength(messagesPerSequence(4) - 12);
    expect(segments(svg, 'prepare')).toBe(0);
  });

  it('draws a lost message as a stump with a cross', () => {
    const { svg } = draw(pictureOf([message({ deliveredAtMs: null })]));
    expect(svg).toMatch(/stroke-dasharray="3 3"/);
    expect(segments(svg, 'bad')).toBe(2);
  });

  it('draws bars instead of a carpet of arrows', () => {
    const sequences = Math.ceil(maxArrows / messagesPerSequence(4)) + 1;
    const { painted, svg } = draw(pictureOf(normalCase(4, sequences)));
    expect(painted.asArrows).toBe(false);
    expect(segments(svg, 'prepare')).toBe(0);
    expect(svg).toContain(`fill="${lightPalette.prepare}"`);
  });

  it('shows what is under way at some moment in view, and nothing else', () => {
    const picture = pictureOf(normalCase(4, 3));
    const layout = { ...picture.layout, window: { fromUs: 20_500, toUs: 21_500 } };
    const { painted } = draw({ ...picture, layout });
    const kinds = painted.shown.map((i) => picture.run.kinds[picture.messages.kind[i]!]);
    expect(new Set(kinds)).toEqual(new Set(['request', 'prePrepare']));
    expect(painted.shown).toHaveLength(4);
  });

  it('finds the arrow under the pointer, and none where there is none', () => {
    const { messages, layout, run } = pictureOf(normalCase(4, 1));
    const shown = [...messages.kind.keys()];
    for (const i of shown.slice(0, 4)) {
      const { x1, y1, x2, y2 } = arrowLine(messages, i, layout);
      const [x, y] = [x1 * 0.4 + x2 * 0.6, y1 * 0.4 + y2 * 0.6];
      expect(arrowAt(messages, shown, layout, x, y, 3), run.kinds[messages.kind[i]!]).toBe(i);
    }
    expect(arrowAt(messages, shown, layout, 5, 5, 7)).toBeNull();
  });
});

describe('filtering messages', () => {
  const picture = pictureOf(normalCase(4, 11));
  const { run, messages, filter } = picture;
  const count = (change: Partial<typeof filter>) =>
    passing(run, messages, { ...filter, ...change }).reduce((sum, one) => sum + one, 0);
  const each = messagesPerSequence(4);

  it.each([
    { why: 'nothing is asked', text: '', expected: 11 * each },
    { why: 'a number is meant whole: 1 is not 10 or 11', text: 'sequence=1', expected: each },
    { why: 'a digest is meant by its beginning', text: 'headerDigest=0000000b', expected: each },
    { why: 'several terms must all hold', text: 'sequence=2 view=1', expected: 0 },
    { why: 'a bare word may be anywhere', text: '0000000a', expected: each },
    { why: 'what nothing says', text: 'prepared', expected: 0 },
  ])('by fields: $why', ({ text, expected }) => expect(count({ text })).toBe(expected));

  it('by kind', () => {
    expect(count({ kinds: run.kinds.map((kind) => kind === 'prepare') })).toBe(11 * 12);
  });

  it('by lane, with all it sends and receives', () => {
    const lanes = run.lanes.map(({ name }) => name !== 'replica-3');
    // Of 4 replicas 3 are left: 2 pre-prepares, 6 prepares, 6 commits, 3 replies, 1 request.
    expect(count({ lanes })).toBe(11 * 18);
  });

  it('lets the slot of one message stand out', () => {
    const slot = sameSlot(run, messages, each * 4 + 7)!;
    expect([...slot.keys()].filter((i) => slot[i] === 1)).toEqual(
      Array.from({ length: each }, (_, i) => each * 4 + i),
    );
  });
});

describe('the stretch of time in view', () => {
  const whole = { fromUs: 0, toUs: 1_000_000 };

  it('stays within the run and keeps its order, whatever is asked', () => {
    const any = fc.double({ noNaN: true, min: -1e12, max: 1e12 });
    fc.assert(
      fc.property(any, any, fc.double({ noNaN: true, min: 0.01, max: 100 }), (a, b, factor) => {
        const start = inside({ fromUs: Math.min(a, b), toUs: Math.max(a, b) }, whole);
        for (const window of [start, zoomed(start, factor, a, whole), panned(start, b, whole)]) {
          expect(window.fromUs).toBeGreaterThanOrEqual(0);
          expect(window.toUs).toBeLessThanOrEqual(whole.toUs + 1e-3);
          expect(window.toUs - window.fromUs).toBeGreaterThan(49);
        }
      }),
    );
  });

  it('zooms around the moment under the pointer', () => {
    const window = zoomed({ fromUs: 100_000, toUs: 300_000 }, 2, 150_000, whole);
    expect(window).toEqual({ fromUs: 125_000, toUs: 225_000 });
  });

  it.each([
    { why: 'few moments are shown whole', moments: [0, 1, 2], most: 16, expected: 3 },
    { why: 'many only up to the limit', moments: [0, 1, 2, 3, 4, 5], most: 4, expected: 4 },
    {
      why: 'a silence as long as all before it',
      moments: [0, 5, 10, 25, 30],
      most: 16,
      expected: 3,
    },
    { why: 'a lone first message is no burst', moments: [0, 90, 95, 97], most: 16, expected: 4 },
  ])('opens on a readable beginning: $why', ({ moments, most, expected }) => {
    expect(readableStart(Float64Array.from(moments), most)).toBe(expected);
  });

  it.each([
    { toUs: 30_000, expected: ['0 ms', '5 ms', '10 ms', '15 ms', '20 ms', '25 ms', '30 ms'] },
    { toUs: 6_000_000, expected: ['0 s', '1 s', '2 s', '3 s', '4 s', '5 s', '6 s'] },
    { toUs: 700, expected: ['0.0 ms', '0.2 ms', '0.4 ms', '0.6 ms'] },
  ])('has round moments on its axis: $toUs µs', ({ toUs, expected }) => {
    expect(ticksOf({ fromUs: 0, toUs }, 600, 90).map(({ label }) => label)).toEqual(expected);
  });
});

describe('the table of requests', () => {
  const packed = [
    record({ name: 'host-10', latencyMs: 5, sequence: 3 }),
    record({ name: 'host-9', latencyMs: 50, sequence: null }),
    ...sample.requests.slice(1),
  ].map((each) => ({ ...each, answeredMs: null }));

  it.each([
    { column: 'name', descending: false, expected: ['host-2', 'host-9', 'host-10'] },
    { column: 'latency', descending: true, expected: ['host-9', 'host-2', 'host-10'] },
    { column: 'work', descending: false, expected: ['host-2', 'host-10', 'host-9'] },
  ] as const)('sorts by $column', ({ column, descending, expected }) => {
    const names = sortedRequests(packed, column, descending).map(({ name }) => name);
    expect(names.map((name) => name.split('.')[0])).toEqual(expected);
  });

  it('leaves the unknown at the end in either direction', () => {
    for (const descending of [false, true]) {
      const rows = [...packed].reverse();
      expect(sortedRequests(rows, 'sequence', descending).at(-1)!.name).toBe('host-9');
    }
  });

  it.each([
    { text: 'host-1', outcome: '', expected: 1 },
    { text: 'not enough WORK', outcome: '', expected: 1 },
    { text: '', outcome: 'issued', expected: 2 },
    { text: 'work', outcome: 'issued', expected: 0 },
  ])('finds "$text" among $outcome', ({ text, outcome, expected }) => {
    expect(chosenRequests(packed, text, outcome)).toHaveLength(expected);
  });

  it('says of each proof what is known, and no more', () => {
    const [issued, , refused] = packed.map(requestRow);
    expect(issued!.match(/class="valid">valid/g)).toHaveLength(4);
    expect(refused).toContain('class="failed">failed</span>');
    expect(refused).toContain('>work: not enough work (5 bits, wanted 14 bits)</td>');
    expect(refused!.match(/class="unknown">–/g)).toHaveLength(3);
    const withoutCertificate = requestRow({ ...packed[0]!, serial: null });
    expect(withoutCertificate).not.toContain('valid');
  });
});
