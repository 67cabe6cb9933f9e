import type { Accusation, EvidenceMessage } from '../../scenario/result.ts';
import { contradictionRows } from '../contradiction.ts';
import { plural, showMs, showReplicas } from '../quantities.ts';
import { escapeHtml } from './model/escape.ts';

/** Each piece carries a thousand digits of signatures. */
export const maxAccusations = 60;

/** The signed messages that convict, side by side; empty text when nobody was accused. */
export function evidenceSection(accusations: readonly Accusation[]): string {
  if (accusations.length === 0) return '<p>Nobody was accused of anything.</p>';
  const shown = accusations.slice(0, maxAccusations).map(accusationArticle);
  const more = accusations.length - shown.length;
  const rest = more > 0 ? `<p>${plural(more, 'more accusation')} left out.</p>` : '';
  return shown.join('') + rest;
}

function accusationArticle({ accused, evidence, by, atMs, messages }: Accusation): string {
  const name = escapeHtml(evidence);
  const at = Math.round(atMs * 1000);
  const when = showMs(atMs);
  return (
    `<article class="accusation"><h3>Replica ${accused}: ${name}</h3>` +
    `<p>Proved by ${showReplicas(by)}, first after ${when}. ` +
    `<button type="button" data-at="${at}" aria-label="Show in the diagram: ${name} of ` +
    `replica ${accused}">Show in the diagram</button></p>${contradictionTable(messages)}</article>`
  );
}

function contradictionTable(messages: readonly EvidenceMessage[]): string {
  if (messages.length === 0) return '';
  const heads = messages.map((_, i) =>
    messages.length === 1 ? 'what it signed' : i === 0 ? 'one message' : 'the other',
  );
  const rows = contradictionRows(messages).map(({ label, values, differs }) => {
    const cells = values.map((value) => `<td class="digest">${escapeHtml(value)}</td>`);
    const row = differs ? '<tr class="differs">' : '<tr>';
    return `${row}<th scope="row">${escapeHtml(label)}</th>${cells.join('')}</tr>`;
  });
  const payloads = messages.map(({ payload }) => `<pre>${escapeHtml(payload)}</pre>`);
  return (
    `<div class="scroll"><table><thead><tr><th scope="col">field</th>` +
    `${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div>` +
    `<details class="screen"><summary>Signed bytes, hexadecimal</summary>${payloads.join('')}` +
    '</details>'
  );
}
