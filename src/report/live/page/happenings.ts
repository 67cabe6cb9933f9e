import type { LiveEvent } from '../../../daemon/live.ts';
import { element, within } from '../../html/page/elements.ts';
import { showMs, showTime } from '../model/words.ts';

/** Rows kept in the page. */
const maxRows = 300;

const names: Readonly<Record<LiveEvent['kind'], string>> = {
  issued: 'issued',
  refused: 'refused',
  revoked: 'revoked',
  viewChange: 'view change',
  evidence: 'evidence',
  isolated: 'isolated',
  process: 'process',
  fault: 'fault',
  healed: 'healed',
};

const usual: ReadonlySet<LiveEvent['kind']> = new Set(['issued', 'healed']);

/** The list of what happened, latest first. */
export class Happenings {
  private readonly body = within(
    element('happened', HTMLTableElement),
    'tbody',
    HTMLTableSectionElement,
  );
  private readonly onlyTrouble = element('only-trouble', HTMLInputElement);
  private certificateUrl: (serial: string) => string;

  constructor(certificateUrl: (serial: string) => string) {
    this.certificateUrl = certificateUrl;
    this.onlyTrouble.addEventListener('change', () => {
      for (const row of this.body.rows) this.hideUsual(row);
    });
  }

  add(event: LiveEvent): void {
    const row = this.body.insertRow(0);
    row.dataset.kind = event.kind;
    row.insertCell().textContent = showTime(event.atMs);
    const kind = document.createElement('span');
    kind.className = `kind ${event.kind}`;
    kind.textContent = names[event.kind];
    row.insertCell().append(kind);
    const words = row.insertCell();
    words.textContent = event.text;
    if (event.latencyMs !== null) words.append(` in ${showMs(event.latencyMs)}`);
    if (event.serial !== null) {
      const link = document.createElement('a');
      link.href = this.certificateUrl(event.serial);
      link.textContent = event.serial.slice(0, 8);
      link.setAttribute('aria-label', `certificate ${event.serial}`);
      words.append(' ', link);
    }
    this.hideUsual(row);
    while (this.body.rows.length > maxRows) this.body.deleteRow(-1);
  }

  private hideUsual(row: HTMLTableRowElement): void {
    const kind = row.dataset.kind as LiveEvent['kind'];
    row.hidden = this.onlyTrouble.checked && usual.has(kind);
  }
}
