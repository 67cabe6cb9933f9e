import type { RunResult } from '../../scenario/result.ts';
import { plural, showCount } from '../quantities.ts';
import type { PackedRun } from './model/packed.ts';
import { requestColumns, requestRow } from './model/request-rows.ts';

/** Rows that stand in the page without its script, and on each page of the table with it. */
export const rowsPerPage = 100;

const titles: Readonly<Record<(typeof requestColumns)[number], string>> = {
  name: 'name',
  client: 'client',
  outcome: 'outcome',
  broken: 'broken',
  space: 'space',
  stake: 'stake',
  work: 'work',
  time: 'time',
  sequence: 'sequence',
  latency: 'latency ms',
  answered: 'answered ms',
  serial: 'serial or reason',
};

const numeric = new Set<string>(['client', 'sequence', 'latency', 'answered']);

/** Every certificate that was asked for, with the four proofs. */
export function requestSection(run: PackedRun, result: RunResult): string {
  const { requests } = run;
  const total = result.requests.length;
  if (total === 0) return '<p>Nobody asked for anything.</p>';
  const missing = total - requests.length;
  const note =
    missing === 0
      ? ''
      : `<p class="note">${plural(missing, 'request')} of ${showCount(total)} left out; ` +
        '<code>--json</code> has them all.</p>';
  const heads = requestColumns.map((column) => {
    const number = numeric.has(column) ? ' class="number"' : '';
    const button = `<button type="button" data-sort="${column}">${titles[column]}</button>`;
    return `<th scope="col" aria-sort="none"${number}>${button}</th>`;
  });
  const rows = requests.slice(0, rowsPerPage).map(requestRow);
  const outcomes = ['issued', 'rejected', 'pending'].map((outcome) => {
    const word = outcome === 'rejected' ? 'refused' : outcome;
    return `<option value="${outcome}">${word}</option>`;
  });
  return (
    `${note}<div class="bar"><label class="grow">Find <input id="request-text" type="search" ` +
    'placeholder="name, serial, reason, sequence=4"></label><label>Outcome ' +
    `<select id="request-outcome"><option value="">any</option>${outcomes.join('')}</select>` +
    '</label><button type="button" id="request-back">Previous page</button>' +
    '<button type="button" id="request-on">Next page</button>' +
    '<span id="request-count" role="status"></span></div>' +
    '<div class="scroll" tabindex="0" role="region" aria-label="Requests">' +
    `<table id="request-table"><thead><tr>${heads.join('')}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div>` +
    '<p class="facts">A certificate is issued only with all four proofs. A refusal names the ' +
    'proofs that failed; – means that nothing is known of it, or that none was asked for. Broken ' +
    'says what the scenario spoiled on purpose.</p>'
  );
}
