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

type Tally = { atUs: number; replicas: number[] };

/** View changes, faults, evidence, isolation and violations in order, the same thing once. */
export function happeningsOf(
  events: readonly OtherEvent[],
  adversaries: ReadonlySet<number>,
): readonly Happening[] {
  const views = new Map<number, Tally>();
  const accusations = new Map<string, Tally>();
  const standings = new Map<string, Tally>();
  const single: Happening[] = [];
  const tally = <K>(into: Map<K, Tally>, key: K, replica: number, atUs: number): void => {
    const known = into.get(key);
    if (known === undefined) into.set(key, { atUs, replicas: [replica] });
    else if (!known.replicas.includes(replica)) known.replicas.push(replica);
  };
  for (const event of events) {
    const atUs = Math.round(event.atMs * 1000);
    const told = toldBy(event);
    // A liar's own account of itself is no news.
    if (told !== null && adversaries.has(told)) continue;
    if (event.type === 'view' && event.active && event.view > 0) {
      tally(views, event.view, event.replica, atUs);
    } else if (event.type === 'accused') {
      const { accused, evidence } = event.accusation;
      tally(accusations, `replica ${accused} accused: ${evidence}`, event.replica, atUs);
    } else if (event.type === 'standing') {
      const change = `replica ${event.against} is ${event.to} (was ${event.from})`;
      tally(standings, change, event.replica, atUs);
    } else {
      const what = describeSingle(event);
      if (what !== null) single.push({ atUs, what });
    }
  }
  const all = [
    ...single,
    ...[...views].map(([view, { atUs, replicas }]) => {
      return { atUs, what: `view ${view} begins, for ${showReplicas(replicas.sort(ascending))}` };
    }),
    ...[...accusations].map(([what, { atUs, replicas }]) => {
      return { atUs, what: `${what}, proved by ${showReplicas(replicas.sort(ascending))}` };
    }),
    ...[...standings].map(([what, { atUs, replicas }]) => {
      return { atUs, what: `${what} for ${showReplicas(replicas.sort(ascending))}` };
    }),
  ];
  return all.sort((a, b) => a.atUs - b.atUs);
}

function ascending(a: number, b: number): number {
  return a - b;
}

function toldBy(event: OtherEvent): number | null {
  switch (event.type) {
    case 'view':
    case 'accused':
    case 'standing':
      return event.replica;
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
