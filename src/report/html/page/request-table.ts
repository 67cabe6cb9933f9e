import type { PackedRun } from '../model/packed.ts';
import {
  chosenRequests,
  type RequestColumn,
  requestColumns,
  requestRow,
  sortedRequests,
} from '../model/request-rows.ts';
import { all, element, within } from './elements.ts';

const rowsPerPage = 100;

/** Sorting, finding and turning pages in the table of requests. */
export function addRequestTable({ requests }: PackedRun): void {
  if (requests.length === 0) return;
  const table = element('request-table', HTMLTableElement);
  const body = within(table, 'tbody', HTMLTableSectionElement);
  const text = element('request-text', HTMLInputElement);
  const outcome = element('request-outcome', HTMLSelectElement);
  const back = element('request-back', HTMLButtonElement);
  const on = element('request-on', HTMLButtonElement);
  const count = element('request-count', HTMLSpanElement);
  let order: { readonly column: RequestColumn; readonly descending: boolean } | null = null;
  let first = 0;

  const draw = (): void => {
    const chosen = chosenRequests(requests, text.value, outcome.value);
    const { column, descending } = order ?? { column: null, descending: false };
    const sorted = column === null ? chosen : sortedRequests(chosen, column, descending);
    first = Math.max(Math.min(first, sorted.length - 1), 0);
    const shown = sorted.slice(first, first + rowsPerPage);
    body.innerHTML = shown.map(requestRow).join('');
    back.disabled = first === 0;
    on.disabled = first + rowsPerPage >= sorted.length;
    const range = shown.length === 0 ? 'none' : `${first + 1} to ${first + shown.length}`;
    count.textContent = `${range} of ${sorted.length}`;
  };
  const fromStart = (): void => {
    first = 0;
    draw();
  };
  text.addEventListener('input', fromStart);
  outcome.addEventListener('change', fromStart);
  const turn = (by: number) => () => {
    first += by;
    draw();
  };
  back.addEventListener('click', turn(-rowsPerPage));
  on.addEventListener('click', turn(rowsPerPage));
  for (const button of all('#request-table [data-sort]', HTMLButtonElement)) {
    const column = requestColumns.find((each) => each === button.dataset.sort);
    if (column === undefined) continue;
    button.addEventListener('click', () => {
      order = { column, descending: order?.column === column && !order.descending };
      for (const head of table.querySelectorAll('th[aria-sort]')) {
        head.setAttribute('aria-sort', 'none');
      }
      const state = order.descending ? 'descending' : 'ascending';
      button.closest('th')?.setAttribute('aria-sort', state);
      fromStart();
    });
  }
  draw();
}
