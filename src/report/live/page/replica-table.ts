import type { LivePicture, LiveReplica } from '../../../daemon/live.ts';
import { element, within } from '../../html/page/elements.ts';
import { showCount } from '../model/words.ts';
import { type FaultButtons, faultButtons } from './chaos.ts';

interface Row {
  readonly row: HTMLTableRowElement;
  readonly name: HTMLTableCellElement;
  readonly cells: readonly HTMLTableCellElement[];
  readonly faults: HTMLTableCellElement;
  readonly buttons: FaultButtons;
}

/** One row per replica. Cells are changed in place, so that focus and selection stay. */
export class ReplicaTable {
  private readonly table = element('replicas', HTMLTableElement);
  private readonly body = within(this.table, 'tbody', HTMLTableSectionElement);
  private readonly rows = new Map<number, Row>();

  show({ replicas, cluster }: LivePicture): void {
    within(this.table, 'th.faults', HTMLTableCellElement).hidden = !cluster.chaos;
    for (const replica of replicas) {
      const row = this.rows.get(replica.replica) ?? this.addRow(replica);
      row.row.classList.toggle('primary', replica.said?.isPrimary ?? false);
      row.faults.hidden = !cluster.chaos;
      row.buttons.show(replica);
      fill(row, replica);
    }
  }

  private addRow({ replica, url }: LiveReplica): Row {
    const row = this.body.insertRow();
    const name = document.createElement('th');
    name.scope = 'row';
    const link = document.createElement(url === null ? 'span' : 'a');
    if (link instanceof HTMLAnchorElement) link.href = `${url}/consensus/health`;
    link.textContent = `replica ${replica}`;
    name.append(link);
    row.append(name);
    const cells = ['', '', 'number', 'number', 'number', 'number', ''].map((className) => {
      const cell = row.insertCell();
      cell.className = className;
      return cell;
    });
    const faults = row.insertCell();
    const buttons = faultButtons(replica);
    faults.append(buttons.bar);
    const made = { row, name, cells, faults, buttons };
    this.rows.set(replica, made);
    return made;
  }
}

function fill({ cells }: Row, { state, pid, said }: LiveReplica): void {
  const [process, standing, view, executed, checkpoint, links, problems] = cells;
  const count = (value: number | undefined) => (value === undefined ? '–' : showCount(value));
  write(process!, pid === null || state === 'down' ? state : `${state} (${pid})`, `state-${state}`);
  write(standing!, said?.standing ?? 'unknown', `standing-${said?.standing ?? 'unknown'}`);
  write(view!, count(said?.view));
  write(executed!, count(said?.sequence));
  write(checkpoint!, count(said?.stableCheckpoint));
  write(links!, count(said?.reachable));
  write(problems!, said?.problems.join('; ') ?? '');
}

function write(cell: HTMLTableCellElement, text: string, className?: string): void {
  if (cell.textContent !== text) cell.textContent = text;
  if (className !== undefined && cell.className !== className) cell.className = className;
}
