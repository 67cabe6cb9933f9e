import type { RunResult } from '../../scenario/result.ts';
import { plural, showCount, showMs } from '../quantities.ts';
import { type Happening, happeningsTable } from './happenings.ts';
import { colourOfKind, lightPalette } from './model/colours.ts';
import { escapeHtml } from './model/escape.ts';
import { type MarkType, markTypes, type PackedRun } from './model/packed.ts';
import { markLooks } from './model/paint.ts';
import { SvgPen } from './model/svg-pen.ts';
import type { LeftOut } from './run-log.ts';

/** Controls, canvas and list of events; the page's script fills them with life. */
export function diagramSection(
  run: PackedRun,
  leftOut: LeftOut,
  result: RunResult,
  happenings: readonly Happening[],
): string {
  const clients = run.lanes.filter(({ replica }) => replica === null).length;
  const messages = run.messages.afterUs.length;
  const label =
    `Space-time diagram: ${plural(run.lanes.length - clients, 'replica')}, ` +
    `${plural(clients, 'client')}, ${plural(messages, 'message')} in ${showMs(run.endUs / 1000)}`;
  return (
    `${notes(run, leftOut, result)}${filters(run)}${timeBar()}` +
    '<div id="overview" class="screen" aria-hidden="true"><canvas></canvas></div>' +
    `<div id="stage" role="application" tabindex="0" aria-label="${escapeHtml(label)}" ` +
    'aria-describedby="keys"><canvas aria-hidden="true"></canvas>' +
    '<div id="tip" hidden></div></div>' +
    `<figure id="printed" aria-label="${escapeHtml(label)}"></figure>` +
    '<p id="in-view" class="facts" role="status"></p>' +
    `${legend(run)}${keys()}` +
    '<div class="under"><div><h3 id="what-happened">What happened</h3>' +
    `${happeningsTable(happenings)}</div>` +
    '<div id="details" aria-live="polite"><h3>Message</h3><p class="facts">Click an arrow, or ' +
    'press <kbd>n</kbd> in the diagram, to read a message.</p></div></div>'
  );
}

function notes(run: PackedRun, leftOut: LeftOut, result: RunResult): string {
  const parts: string[] = [];
  if (result.transport === 'libp2p' && run.messages.afterUs.length > 0) {
    parts.push(
      'Both ends of a link noted each message by the machine’s clock, which processes read alike ' +
        'to about a millisecond. A message that only its sender noted was lost, or its receiver ' +
        'was killed before it could tell.',
    );
  }
  if (leftOut.messages + leftOut.events > 0) {
    parts.push(
      `${plural(leftOut.messages, 'message')} and ${plural(leftOut.events, 'other event')} ` +
        `after ${showMs(leftOut.fromMs ?? 0)} are left out; <code>--trace</code> has them all.`,
    );
  }
  return parts.map((part) => `<p class="note">${part}</p>`).join('');
}

function filters(run: PackedRun): string {
  const counts = run.kinds.map(() => 0);
  for (const kind of run.messages.kind) counts[kind]!++;
  const kinds = run.kinds.map((kind, i) => {
    const colour = `<i style="background:var(--${colourOfKind(kind)})"></i>`;
    const count = `<small>${showCount(counts[i]!)}</small>`;
    return chip('kind', i, `${colour}${escapeHtml(kind)} ${count}`);
  });
  const lanes = run.lanes.map(({ name }, i) => chip('lane', i, escapeHtml(name.replace('-', ' '))));
  const fold = lanes.length > 16;
  const laneChips =
    `<fieldset><legend>Lanes</legend>${lanes.join('')}` +
    '<button type="button" id="all-lanes">All</button></fieldset>';
  return (
    (kinds.length === 0
      ? ''
      : `<fieldset><legend>Messages</legend>${kinds.join('')}` +
        '<button type="button" id="all-kinds">All</button>' +
        '<button type="button" id="no-kinds">None</button></fieldset>') +
    (fold ? `<details class="screen"><summary>Lanes</summary>${laneChips}</details>` : laneChips)
  );
}

function chip(what: string, index: number, html: string): string {
  const box = `<input type="checkbox" data-${what}="${index}" checked>`;
  return `<label class="chip">${box}${html}</label>`;
}

function timeBar(): string {
  return (
    '<div class="bar"><label class="grow">Fields <input id="field-text" type="search" ' +
    'placeholder="sequence=4 view=0, or part of a digest"></label>' +
    '<label>From <input id="from-ms" type="number" min="0" step="any" size="8"></label>' +
    '<label>to <input id="to-ms" type="number" min="0" step="any" size="8"> ms</label>' +
    '<button type="button" id="zoom-in" aria-label="Zoom in">+</button>' +
    '<button type="button" id="zoom-out" aria-label="Zoom out">−</button>' +
    '<button type="button" id="whole">Whole run</button>' +
    '<button type="button" id="save-svg">Save as SVG</button></div>'
  );
}

const markWords: Readonly<Partial<Record<MarkType, string>>> = {
  decided: 'decided; of a client: issued',
  stable: 'stable checkpoint',
  installed: 'state installed',
  accused: 'evidence',
  strike: 'strike',
  standing: 'standing changed',
  isolated: 'isolation in the state',
  epoch: 'membership epoch begins',
  clock: 'clock set off',
  crash: 'crash',
  restart: 'restart',
  rejected: 'refused',
  violation: 'violation',
};

/** Only what occurs in this run. Colours come from the page, so that they follow its theme. */
function legend(run: PackedRun): string {
  const present = new Set(run.marks.map(([, , type]) => markTypes[type]!));
  const live = Object.fromEntries(
    Object.keys(lightPalette).map((name) => [name, `var(--${name})`]),
  );
  const marks = Object.entries(markWords).flatMap(([type, words]) => {
    if (!present.has(type as MarkType)) return [];
    const { shape, colour, radiusPx } = markLooks[type as MarkType];
    const pen = new SvgPen({ ...live, paper: 'none' });
    pen.shape(shape, colour, 8, 8, Math.min(radiusPx, 6));
    return [`<li><span aria-hidden="true">${pen.finish(16, 16, words)}</span>${words}</li>`];
  });
  const bands = new Set(run.bands.map(({ type }) => type));
  const bandWords = [
    ['viewChange', 'viewChange', 'between views'],
    ['partition', 'side0', 'side of a partition'],
    ['down', 'muted', 'down'],
    ['adversary', 'bad', 'misbehaves'],
    ['link', 'warn', 'one link loses messages'],
  ] as const;
  const stretches = bandWords.flatMap(([type, colour, words]) => {
    if (!bands.has(type)) return [];
    const pen = new SvgPen({ ...live, paper: 'none' });
    pen.rect(colour, 0, 3, 16, 10, 0.35);
    return [`<li><span aria-hidden="true">${pen.finish(16, 16, words)}</span>${words}</li>`];
  });
  return `<ul class="legend" aria-label="Marks">${[...marks, ...stretches].join('')}</ul>`;
}

function keys(): string {
  return (
    '<p id="keys" class="facts screen">Drag to move, Ctrl and wheel to zoom, ' +
    'click a message to read it. ' +
    'Keys in the diagram: <kbd>←</kbd> <kbd>→</kbd> move, <kbd>+</kbd> <kbd>−</kbd> zoom, ' +
    '<kbd>0</kbd> whole run, <kbd>n</kbd> <kbd>p</kbd> next and previous message, ' +
    '<kbd>s</kbd> its slot alone, <kbd>Esc</kbd> none.</p>'
  );
}
