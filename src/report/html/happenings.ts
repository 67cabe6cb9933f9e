import { plural, showReplicas } from '../quantities.ts';
import { escapeHtml } from './model/escape.ts';
import { showMoment } from './model/window.ts';
import type { OtherEvent } from './run-log.ts';

/** What a reader wants to be told of a run, a line each. */
export interface Happening {
  readonly atUs: number;
  readonly what: string;
}

/** A list nobody reads to its end helps nobody; the diagram shows the rest. */
export const maxHappenings = 300;

/** View changes, faults, evidence, isolation and violations in order, the same thing once. */
export function happeningsOf(
  events: readonly OtherEvent[],
  adversaries: ReadonlySet<number>,
): readonly Happening[] {
  const shared = new Map<string, { readonly atUs: number; readonly by: Set<number> }>();
  const happenings: Happening[] = [];
  for (const event of events) {
    const atUs = Math.round(event.atMs * 1000);
    const telling = toldBy(event);
    if (telling === null) {
      const what = describeSingle(event);
      if (what !== null) happenings.push({ atUs, what });
    } else if (!adversaries.has(telling.replica)) {
      // What one replica tells the others tell too; a liar's account of itself is no news.
      const known = shared.get(telling.what);
      if (known === undefined) shared.set(telling.what, { atUs, by: new Set([telling.replica]) });
      else known.by.add(telling.replica);
    }
  }
  for (const [what, { atUs, by }] of shared) {
    const replicas = showReplicas([...by].sort((x, y) => x - y));
    happenings.push({ atUs, what: `${what} ${replicas}` });
  }
  return happenings.sort((x, y) => x.atUs - y.atUs);
}

/** What several replicas tell alike, up to the word before their names. */
function toldBy(event: OtherEvent): { readonly replica: number; readonly what: string } | null {
  const told = (what: string) => ('replica' in event ? { replica: event.replica, what } : null);
  switch (event.type) {
    case 'view':
      return event.active && event.view > 0 ? told(`view ${event.view} begins, for`) : null;
    case 'accused': {
      const { accused, evidence } = event.accusation;
      return told(`replica ${accused} accused: ${evidence}, proved by`);
    }
    case 'standing':
      return told(`replica ${event.against} is ${event.to} (was ${event.from}), for`);
    case 'clientStanding':
      return told(`${event.client} is ${event.to}, for`);
    case 'isolated':
      if (event.isolated.length === 0) return null;
      return told(`${showReplicas(event.isolated)} isolated, in the state of`);
    case 'epoch': {
      const { epoch, after, members } = event;
      const who = showReplicas(members);
      return told(`membership epoch ${epoch} of ${who} begins after sequence ${after}, for`);
    }
    default:
      return null;
  }
}

function describeSingle(event: OtherEvent): string | null {
  switch (event.type) {
    case 'fault':
      return event.what === 'partition' ? `partition ${event.detail}` : event.detail;
    case 'installed':
      return `replica ${event.replica} holds the certified state of sequence ${event.sequence}`;
    case 'violation':
      return `violation of ${event.violation.checker}: ${event.violation.detail}`;
    default:
      return null;
  }
}

/** The list, each with a button that shows it in the diagram. */
export function happeningsTable(happenings: readonly Happening[]): string {
  if (happenings.length === 0) {
    return '<p>Nothing out of the ordinary: no view change, no fault, no evidence.</p>';
  }
  const rows = happenings.slice(0, maxHappenings).map(({ atUs, what }) => {
    const words = escapeHtml(what);
    const moment = showMoment(atUs);
    const label = `Show ${moment} in the diagram`;
    const names = `data-at="${atUs}" aria-label="${label}"`;
    const button = `<button type="button" ${names}>${moment}</button>`;
    // Paper has no buttons.
    return `<tr><td>${button}<span class="paper">${moment}</span></td><td>${words}</td></tr>`;
  });
  const more = happenings.length - maxHappenings;
  const rest = more > 0 ? `<p>${plural(more, 'later event')} left out.</p>` : '';
  return (
    `<div class="happened" tabindex="0" role="region" aria-label="What happened"><table>` +
    `<thead><tr><th scope="col">When</th><th scope="col">What</th></tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div>${rest}`
  );
}
