import { sha256 } from '../../base/digest.ts';
import type { RunResult } from '../../scenario/result.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { showCount } from '../quantities.ts';
import { latencyChart, throughputChart } from './charts.ts';
import { diagramSection } from './diagram-section.ts';
import { evidenceSection } from './evidence.ts';
import { happeningsOf } from './happenings.ts';
import { escapeHtml } from './model/escape.ts';
import type { PackedRun } from './model/packed.ts';
import { packRun } from './pack.ts';
import { pageScript } from './page-script.ts';
import { repeatSection, type Versions } from './repeat.ts';
import { requestSection } from './request-section.ts';
import type { RunLog } from './run-log.ts';
import { styleSheet } from './style.ts';
import { expectationSection, verdictHeader } from './verdict.ts';

export interface ReportInput {
  readonly scenario: Scenario;
  readonly result: RunResult;
  readonly log: RunLog;
  readonly versions: Versions;
}

/**
 * One run as one HTML file that needs nothing else: no network, no fonts, no libraries. The same
 * input gives the same bytes. Its own policy forbids it to load or send anything.
 */
export function reportPage({ scenario, result, log, versions }: ReportInput): string {
  const run = packRun(scenario, result, log);
  const adversaries = new Set(scenario.adversaries.flatMap(({ replicas }) => replicas));
  const happenings = happeningsOf(log.events, adversaries);
  const sections = [
    ['expectations', 'Expectations', expectationSection(result)],
    ['diagram', 'Space-time diagram', diagramSection(run, log.leftOut, result, happenings)],
    ['performance', 'Latency and throughput', charts(run, result)],
    ['requests', 'Requests and their proofs', requestSection(run, result)],
    ['evidence', 'Evidence', evidenceSection(result.accusations)],
    ['repeat', 'Repeat this run', repeatSection(scenario, result, versions)],
  ] as const;
  const links = sections.map(([id, title]) => `<li><a href="#${id}">${title}</a></li>`);
  const main = sections.map(
    ([id, title, html]) =>
      `<section id="${id}" aria-labelledby="${id}-title">` +
      `<h2 id="${id}-title">${title}</h2>${html}</section>`,
  );
  return pageAround(
    `${scenario.name}: ${result.outcome}`,
    '<a class="skip" href="#expectations">Skip to the report</a>' +
      `${verdictHeader(scenario, result)}` +
      `<nav aria-label="Sections"><ul>${links.join('')}</ul></nav><main>${main.join('')}</main>` +
      `<footer>Made by hypermesh ${escapeHtml(versions.hypermesh)} from ` +
      `${showCount(log.messages.length)} messages and ${showCount(log.events.length)} other ` +
      'events of this run.</footer>' +
      `<script type="application/json" id="run">${scriptJson(run)}</script>`,
    pageScript(),
  );
}

function charts(run: PackedRun, result: RunResult): string {
  const latency = latencyChart(run.requests, result.latencyMs);
  return `<div class="charts">${latency}${throughputChart(run)}</div>`;
}

/**
 * The frame every page of ours has. `script` may be empty; `connect` names what it may talk to, for
 * pages that are served and not opened from disk.
 */
export function pageAround(
  title: string,
  body: string,
  script: string,
  { connect = '', style = '' }: { readonly connect?: string; readonly style?: string } = {},
): string {
  const hash = Buffer.from(sha256(Buffer.from(script))).toString('base64');
  const allowed = script === '' ? "'none'" : `'sha256-${hash}'`;
  const policy =
    `default-src 'none'; style-src 'unsafe-inline'; script-src ${allowed}; ` +
    "img-src data:; base-uri 'none'; form-action 'none'" +
    (connect === '' ? '' : `; connect-src ${connect}`);
  const program = script === '' ? '' : `<script>${script}</script>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${styleSheet()}${style}</style></head>
<body>${body}${program}</body></html>
`;
}

/** JSON that no `</script>` or `<!--` in the data can end. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}
