import { colourOfKind } from '../model/colours.ts';
import { escapeHtml } from '../model/escape.ts';
import { fieldsOf } from '../model/messages.ts';
import { showMoment } from '../model/window.ts';
import type { Diagram } from './diagram.ts';
import { element } from './elements.ts';

/** The message that was clicked, decoded. */
export function addDetails(diagram: Diagram): void {
  const panel = element('details', HTMLDivElement);
  const empty = panel.innerHTML;
  let shown: number | null = null;
  diagram.onChange(() => {
    if (diagram.selected === shown) return;
    shown = diagram.selected;
    panel.innerHTML = shown === null ? empty : describe(diagram, shown);
  });
}

function describe({ run, messages }: Diagram, i: number): string {
  const kind = run.kinds[messages.kind[i]!] ?? '';
  const lane = (index: number): string => run.lanes[index]?.name.replace('-', ' ') ?? '';
  const sentUs = messages.atUs[i]!;
  const arrivedUs = messages.arrivedUs[i]!;
  const arrival = Number.isNaN(arrivedUs)
    ? 'never: the network lost it'
    : `${showMoment(arrivedUs)}, after ${((arrivedUs - sentUs) / 1000).toFixed(3)} ms`;
  const rows: readonly (readonly [string, string | number])[] = [
    ['from', lane(messages.from[i]!)],
    ['to', lane(messages.to[i]!)],
    ['sent', showMoment(sentUs)],
    ['delivered', arrival],
    ['size', `${messages.sizeBytes[i]} bytes`],
    ...fieldsOf(run, messages.fields[i]!),
  ];
  const cells = rows.map(
    ([name, value]) =>
      `<tr><th scope="row">${escapeHtml(name)}</th>` +
      `<td class="digest">${escapeHtml(value)}</td></tr>`,
  );
  const swatch = `<i style="background:var(--${colourOfKind(kind)})"></i>`;
  return (
    `<h3><span class="chip">${swatch}${escapeHtml(kind)}</span></h3>` +
    `<table><tbody>${cells.join('')}</tbody></table>`
  );
}

/** One line for the pointer. */
export function describeShortly({ run, messages }: Diagram, i: number): string {
  const kind = run.kinds[messages.kind[i]!] ?? '';
  const lane = (index: number): string => run.lanes[index]?.name.replace('-', ' ') ?? '';
  const fields = fieldsOf(run, messages.fields[i]!).slice(0, 3);
  const words = fields.map(([name, value]) => `${name} ${value}`).join(', ');
  return `${kind}, ${lane(messages.from[i]!)} → ${lane(messages.to[i]!)}: ${words}`;
}
