import type { RunResult } from '../../scenario/result.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { plural, showBytes, showCount, showMs, showReplicas } from '../quantities.ts';
import { escapeHtml } from './model/escape.ts';

const maxViolations = 100;

/** What was run and how it ended. */
export function verdictHeader(scenario: Scenario, result: RunResult): string {
  const { outcome, partial, replicas, f, transport, seed, virtualMs, wallMs } = result;
  const badge = `<span class="verdict ${outcome}">${outcome.toUpperCase()}</span>`;
  const cut = partial ? '<span class="verdict partial">CUT SHORT</span>' : '';
  const how =
    transport === 'simulated'
      ? `simulated, ${showMs(virtualMs)} of virtual time in ${showMs(wallMs)}`
      : `${showMs(virtualMs)} on real processes over libp2p`;
  const { standby } = scenario.replicas;
  const waiting = standby === 0 ? '' : `, ${standby} of them on standby`;
  return (
    `<header><div><h1>${badge}${cut}${escapeHtml(scenario.name)}</h1>` +
    `<p>${escapeHtml(scenario.description)}</p>` +
    `<p class="facts">${replicas} replicas (f = ${f}${waiting}), ${how}, ` +
    `${showBytes(result.bytesSent)} sent, seed ${seed}</p>` +
    `${tiles(result)}</div></header>`
  );
}

function tiles(result: RunResult): string {
  const { latencyMs, messages, rejected, accused, isolated } = result;
  // Where nothing was answered, nothing was measured.
  const answered = result.issued + rejected.total > 0;
  const latency = (ms: number): string => (answered ? showMs(ms) : '–');
  const facts: readonly (readonly [string, string, string])[] = [
    ['issued', showCount(result.issued), ''],
    ['refused', showCount(rejected.total), ''],
    ['pending', showCount(result.pending), ''],
    ['view changes', showCount(result.viewChanges), ''],
    ['accused', who(accused), ''],
    ['isolated', who(isolated), ''],
    ['latency p50', latency(latencyMs.p50), `p99 ${latency(latencyMs.p99)}`],
    ['latency p90', latency(latencyMs.p90), `max ${latency(latencyMs.max)}`],
    ['throughput', showCount(result.throughputPerSecond), 'answers/s'],
    ['messages', showCount(messages.sent), `${showCount(messages.dropped)} lost`],
  ];
  const items = facts.map(([name, value, note]) => {
    const small = note === '' ? '' : ` <small>${note}</small>`;
    return `<div><dt>${name}</dt><dd>${value}${small}</dd></div>`;
  });
  return `<dl class="tiles">${items.join('')}</dl>`;
}

/** A bare number would read as a count. */
function who(replicas: readonly number[]): string {
  if (replicas.length === 0) return 'nobody';
  return replicas.length === 1 ? `replica ${replicas[0]}` : replicas.map((i) => `#${i}`).join(' ');
}

/** What the scenario asked for beside what came, and what the safety checkers saw. */
export function expectationSection(result: RunResult): string {
  const rows = result.expectations.map(({ name, expected, actual, held }) => {
    const state = held
      ? '<span class="held">✓ held</span>'
      : '<span class="broken">✗ broken</span>';
    return (
      `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(expected)}</td>` +
      `<td>${escapeHtml(actual)}</td><td>${state}</td></tr>`
    );
  });
  const heads = ['expectation', 'expected', 'found', 'verdict'];
  return (
    `<div class="scroll"><table class="narrow"><thead><tr>` +
    `${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div>${violations(result)}${hostileClients(result)}`
  );
}

function hostileClients({ hostileClients: all = [] }: RunResult): string {
  if (all.length === 0) return '';
  const rows = all.map(({ behaviour, misdeeds, asked, answered, honoured, throttledBy }, i) => {
    const slowly = throttledBy.length === 0 ? 'nobody' : showReplicas(throttledBy);
    const cells = [misdeeds, asked, answered, honoured].map((count) => {
      return `<td class="number">${showCount(count)}</td>`;
    });
    return (
      `<tr><th scope="row">hostile ${i}</th><td>${escapeHtml(behaviour)}</td>` +
      `${cells.join('')}<td>${slowly}</td></tr>`
    );
  });
  const counted = ['misdeeds', 'asked about', 'answered', 'honoured'].map((head) => {
    return `<th scope="col" class="number">${head}</th>`;
  });
  return (
    '<h3>Hostile clients</h3><div class="scroll"><table><thead><tr><th scope="col">client</th>' +
    `<th scope="col">behaviour</th>${counted.join('')}<th scope="col">read slowly by</th></tr>` +
    `</thead><tbody>${rows.join('')}</tbody></table></div>`
  );
}

function violations({ violations: all }: RunResult): string {
  if (all.length === 0) return '<p>No checker of safety or progress fired.</p>';
  const items = all.slice(0, maxViolations).map(({ checker, sequence, replicas, atMs, detail }) => {
    const where = sequence === null ? '' : ` at sequence ${sequence}`;
    const at = Math.round(atMs * 1000);
    const label = escapeHtml(`${showMs(atMs)}: show this ${checker} in the diagram`);
    return (
      `<tr><th scope="row" class="broken">${escapeHtml(checker)}</th>` +
      `<td>${showReplicas(replicas)}${where}</td><td>${escapeHtml(detail)}</td>` +
      `<td><button type="button" data-at="${at}" aria-label="${label}">${showMs(atMs)}</button>` +
      '</td></tr>'
    );
  });
  const before = all[0]?.trace ?? [];
  const lines =
    before.length === 0
      ? ''
      : `<h3>The last lines before it</h3><pre>${escapeHtml(before.join('\n'))}</pre>`;
  return (
    `<h3>${plural(all.length, 'violation')} of safety or liveness</h3><div class="scroll"><table>` +
    '<thead><tr><th scope="col">checker</th><th scope="col">who</th><th scope="col">what</th>' +
    `<th scope="col">when</th></tr></thead><tbody>${items.join('')}</tbody></table></div>${lines}`
  );
}
