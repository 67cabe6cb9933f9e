import type { Explored, FoundViolation } from '../simulator/explorer/explore.ts';
import type { Paint } from './paint.ts';
import { plural, showCount, showMs, showReplicas } from './quantities.ts';
import { printable } from './table.ts';

/** One finding, and the file that reproduces it. */
export interface WrittenViolation {
  readonly file: string;
  readonly found: FoundViolation;
}

/** What an exploration saw and found, for people. Ends without a newline. */
export function formatExploration(
  explored: Explored,
  written: readonly WrittenViolation[],
  paint: Paint,
): string {
  const { schedules, schedulesPerSecond, deliveriesPerSecond, features } = explored;
  const seen =
    `${plural(schedules, 'schedule')} (${showCount(schedulesPerSecond)} per second), ` +
    `${showCount(deliveriesPerSecond)} deliveries per second, ` +
    `${plural(features, 'protocol state and transition', 'protocol states and transitions')}`;
  const verdict =
    written.length === 0
      ? paint('good', 'no violation')
      : paint('bad', plural(written.length, 'violation'));
  return [verdict, paint('faint', seen), ...written.flatMap((each) => describe(each))].join('\n');
}

function describe({ file, found }: WrittenViolation): readonly string[] {
  const { checker, violation, schedule, atoms } = found;
  const { sequence, replicas, atMs, detail } = violation;
  const where = sequence === null ? '' : ` at sequence ${sequence}`;
  const who = replicas.length === 0 ? '' : `, ${showReplicas(replicas)}`;
  return [
    '',
    `${checker}${where}${who} after ${showMs(atMs)}: ${printable(detail)}`,
    `  first in schedule ${schedule}, shrunk to ${plural(atoms, 'part')}`,
    `  again: npx hypermesh run ${file}`,
  ];
}

/** What stands above the scenario in its file: where it comes from and what came before. */
export function formatOrigin(found: FoundViolation, seed: number, version: string): string {
  const { violation, schedule, trace } = found;
  const lines = [
    `Found by hypermesh ${version}, explore --seed ${seed}, in schedule ${schedule}.`,
    `${violation.checker}: ${violation.detail}`,
    ...(trace.length === 0 ? [] : ['', 'The last lines before it:', ...trace]),
  ];
  return lines.map((line) => `# ${printable(line)}`.trimEnd()).join('\n');
}

/** The last line on stdout (CONTRACT §3). */
export function formatExplorationJson(
  { schedules, schedulesPerSecond, deliveriesPerSecond }: Explored,
  written: readonly WrittenViolation[],
): string {
  const violations = written.map(({ file, found }) => ({
    file,
    checker: found.checker,
    atoms: found.atoms,
  }));
  return JSON.stringify({ schedules, schedulesPerSecond, deliveriesPerSecond, violations });
}
