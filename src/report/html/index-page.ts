import type { RunResult } from '../../scenario/result.ts';
import { plural, showCount, showMs } from '../quantities.ts';
import { escapeHtml } from './model/escape.ts';
import { pageAround } from './report-page.ts';

export interface IndexEntry {
  /** File name of the scenario's own report, beside this one. */
  readonly href: string;
  readonly result: RunResult;
}

/** The runs of one command, each with a link to its report. */
export function indexPage(entries: readonly IndexEntry[], version: string): string {
  const heads = ['scenario', 'outcome', 'issued', 'refused', 'pending', 'view changes'];
  const columns = [...heads, 'accused', 'latency p90', 'took'];
  const held = entries.filter(({ result }) => result.expectations.every((each) => each.held));
  const body =
    `<header><div><h1>${plural(entries.length, 'scenario')}</h1>` +
    `<p class="facts">${held.length} of ${entries.length} as expected</p></div></header>` +
    '<main><div class="scroll"><table><thead><tr>' +
    `${columns.map((column) => `<th scope="col">${column}</th>`).join('')}</tr></thead>` +
    `<tbody>${entries.map(row).join('')}</tbody></table></div></main>` +
    `<footer>Made by hypermesh ${escapeHtml(version)}.</footer>`;
  return pageAround(`${plural(entries.length, 'scenario')}: reports`, body, '');
}

function row({ href, result }: IndexEntry): string {
  const { scenario, outcome, issued, rejected, pending, viewChanges, latencyMs } = result;
  const asExpected = result.expectations.every((each) => each.held);
  const word = `${outcome}${result.partial ? ' (cut short)' : ''}`;
  const numbers = [issued, rejected.total, pending, viewChanges];
  return (
    `<tr><th scope="row"><a href="${escapeHtml(encodeURIComponent(href))}">` +
    `${escapeHtml(scenario)}</a></th>` +
    `<td class="${asExpected ? 'held' : 'broken'}">${asExpected ? '✓' : '✗'} ${word}</td>` +
    `${numbers.map((count) => `<td class="number">${showCount(count)}</td>`).join('')}` +
    `<td>${result.accused.join(', ') || 'nobody'}</td>` +
    `<td class="number">${showMs(latencyMs.p90)}</td>` +
    `<td class="number">${showMs(result.wallMs)}</td></tr>`
  );
}
