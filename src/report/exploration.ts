import type { Census, MissedLiar } from '../simulator/explorer/census.ts';
import type { Explored, FoundViolation } from '../simulator/explorer/explore.ts';
import type { Paint } from './paint.ts';
import { plural, showCount, showMs, showReplicas } from './quantities.ts';
import { shellWord } from './shell-word.ts';
import { printable } from './table.ts';

/** One finding, and the file that reproduces it. */
export interface WrittenViolation {
  readonly file: string;
  readonly found: FoundViolation;
}

/** A liar that got away, and the file that shows it. */
export interface WrittenMiss {
  readonly file: string;
  readonly missed: MissedLiar;
}

/** What an exploration left in files. */
export interface WrittenFindings {
  readonly written: readonly WrittenViolation[];
  readonly missed: readonly WrittenMiss[];
}

/** What an exploration saw and found, for people. Ends without a newline. */
export function formatExploration(
  explored: Explored,
  { written, missed }: WrittenFindings,
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
  const census = formatCensus(explored.census).map((line) => paint('faint', line));
  const found = written.flatMap((each) => describe(each));
  const gotAway = missed.map((each) => paint('warn', describeMiss(each)));
  return [verdict, paint('faint', seen), ...census, ...gotAway, ...found].join('\n');
}

const censusHead: readonly string[] = [
  'liars caught, of those whose proof two correct replicas; after how long, median / worst',
  `  ${'behaviour'.padEnd(28)}  held whole   had in parts    virtual ms      messages`,
];

/** What correct replicas made of liars, and of each other. Nothing where nobody lied. */
function formatCensus({ recall, suspicion, wronglyAccused }: Census): string[] {
  const rows = Object.entries(recall);
  const lines = rows.map(([behaviour, { whole, wholeCaught, spread, spreadCaught, latency }]) => {
    const [all, parts] = [`${wholeCaught}/${whole}`, `${spreadCaught}/${spread}`];
    const { medianMs, maxMs, medianMessages, maxMessages } = latency;
    const ms = `${Math.round(medianMs)} / ${Math.round(maxMs)}`;
    const counted = `${all.padStart(11)} ${parts.padStart(14)} ${ms.padStart(13)}`;
    const messages = `${medianMessages} / ${maxMessages}`;
    return `  ${behaviour.padEnd(28)} ${counted} ${messages.padStart(13)}`;
  });
  const weather = Object.entries(suspicion).map(([name, row]) => {
    const hours = row.pairSeconds / 3600;
    const rate = hours === 0 ? 0 : row.suspicions / hours;
    const share = `${row.suspecting} of ${plural(row.schedules, 'schedule')}`;
    const hourly = showCount(Math.round(rate * 100) / 100);
    return `  ${name.padEnd(10)} ${share}, ${hourly} an hour and pair`;
  });
  return [
    ...(rows.length === 0 ? [] : censusHead),
    ...lines,
    `correct replicas accused or isolated: ${wronglyAccused}; suspected without reason:`,
    ...weather,
  ];
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
    `  again: npx hypermesh run ${shellWord(file)}`,
  ];
}

function describeMiss({ file, missed: { replica, type, schedule } }: WrittenMiss): string {
  const what = `replica ${replica} got away with ${type} in schedule ${schedule}`;
  return `${what}; again: npx hypermesh run ${file}`;
}

/** What stands above the scenario of a liar that got away. */
export function formatMissOrigin(
  { replica, type, schedule }: MissedLiar,
  seed: number,
  version: string,
): string {
  return [
    `# Missed by hypermesh ${version}, explore --seed ${seed}, in schedule ${schedule}:`,
    `# two correct replicas held a whole proof of ${type} by replica ${replica}; none accused it.`,
  ].join('\n');
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

/** The last line on stdout (CONTRACT §3). `partial`: somebody stopped it before its end. */
export function formatExplorationJson(
  { schedules, schedulesPerSecond, deliveriesPerSecond, census }: Explored,
  { written, missed }: WrittenFindings,
  partial: boolean,
): string {
  const violations = written.map(({ file, found }) => ({
    file,
    checker: found.checker,
    atoms: found.atoms,
  }));
  const speeds = { schedulesPerSecond, deliveriesPerSecond };
  const short = partial ? { partial } : {};
  const gotAway = missed.map(({ file, missed: { replica, type } }) => ({ file, replica, type }));
  const findings = { violations, missed: gotAway };
  return JSON.stringify({ schedules, ...speeds, ...findings, ...short, census });
}
