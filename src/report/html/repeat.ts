import type { RunResult } from '../../scenario/result.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { writeScenario } from '../../scenario/write.ts';
import { escapeHtml } from './model/escape.ts';

export interface Versions {
  readonly hypermesh: string;
  readonly node: string;
  /** As in `linux x64`. */
  readonly platform: string;
}

/** Everything somebody needs to run the same again, and to see that it was the same. */
export function repeatSection(scenario: Scenario, result: RunResult, versions: Versions): string {
  const file = `${fileNameOf(scenario.name)}.yaml`;
  const { seed, transport, traceDigest } = result;
  const command = `npx hypermesh run ${file} --seed ${seed} --transport ${transport}`;
  const same =
    transport === 'simulated'
      ? 'In virtual time the same scenario and seed give the same trace digest on every machine.'
      : 'On real processes time and chance are real: the outcome repeats, the details do not.';
  const facts = [
    ['seed', String(seed)],
    [transport === 'simulated' ? 'trace digest' : 'digest of the decisions', traceDigest],
    ['hypermesh', versions.hypermesh],
    ['Node', versions.node],
    ['machine', versions.platform],
  ];
  const rows = facts.map(
    ([name = '', value = '']) =>
      `<tr><th scope="row">${name}</th><td class="digest">${escapeHtml(value)}</td></tr>`,
  );
  return (
    `<p>Save the scenario as <code>${file}</code>, then run it. ${same}</p>` +
    `${copyable('command', 'command', command)}` +
    `${copyable('scenario-text', 'scenario', writeScenario(scenario))}` +
    `<table class="narrow"><tbody>${rows.join('')}</tbody></table>`
  );
}

function copyable(id: string, what: string, text: string): string {
  return (
    `<div class="bar"><button type="button" data-copy="${id}">Copy the ${what}</button></div>` +
    `<pre id="${id}" tabindex="0" role="region" aria-label="The ${what}">${escapeHtml(text)}</pre>`
  );
}

function fileNameOf(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9.]+/g, '-');
  return plain.replace(/^[-.]+|[-.]+$/g, '') || 'scenario';
}
