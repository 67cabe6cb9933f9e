import {
  type Detection,
  type HostileResult,
  livenessCheckers,
  type Outcome,
  type RequestRecord,
  type RunResult,
} from '../scenario/result.ts';
import { formatAccusation } from './contradiction.ts';
import type { Paint, Style } from './paint.ts';
import { plural, showBytes, showCount, showMs, showReplicas } from './quantities.ts';
import { cut, formatTable, pad, printable, wrap } from './table.ts';

/** Where a run's files are, as the reader would type it. */
export interface WrittenFiles {
  readonly directory: string;
  /** Checks one of the certificates; null when none was issued. */
  readonly checkCommand: string | null;
}

const outcomeStyles: Readonly<Record<Outcome, Style>> = {
  passed: 'good',
  failed: 'bad',
  stalled: 'warn',
  diverged: 'bad',
};

const maxRefusalsShown = 40;
const maxAccusationsShown = 12;
const maxViolationsShown = 10;
const maxTraceLinesShown = 20;
const maxPendingShown = 10;

/** The verdict on one run, outcome first. At most 100 columns; ends without a newline. */
export function formatVerdict(result: RunResult, files: WrittenFiles | null, paint: Paint): string {
  const parts = [
    headline(result, paint),
    whatWasAsked(result),
    violations(result, paint),
    refusals(result, paint),
    waiting(result, paint),
    misbehaviour(result, paint),
    course(result, paint),
    expectations(result, paint),
    files === null ? [] : whereItIs(files, paint),
  ];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n');
}

const nameColumns = 34;
const numberColumns = { issued: 6, refused: 7, views: 5, p90: 7, took: 9 } as const;
const numbers = Object.entries(numberColumns) as [keyof typeof numberColumns, number][];

/** What stands above the lines of several scenarios. */
export function formatHeader(paint: Paint): string {
  const titles = numbers.map(([title, width]) => pad(title, width, 'right'));
  const all = [pad('outcome', 9), pad('scenario', nameColumns), ...titles, 'remarks'];
  return paint('strong', all.join('  '));
}

/** One scenario on one line, for runs of several: told as soon as it is over. */
export function formatLine(result: RunResult, paint: Paint): string {
  const { scenario, issued, rejected, pending, viewChanges, accused, wallMs } = result;
  const name = pad(cut(printable(scenario), nameColumns), nameColumns);
  const measured = {
    issued: String(issued),
    refused: String(rejected.total),
    views: String(viewChanges),
    p90: showLatency(result, 'p90'),
    took: showMs(wallMs),
  };
  const cells = numbers.map(([title, width]) => pad(measured[title], width, 'right'));
  const remarks = [
    ...(pending === 0 ? [] : [paint('warn', `${showCount(pending)} pending`)]),
    ...(accused.length === 0 ? [] : [`accused ${accused.join(' ')}`]),
  ].join(', ');
  // What a scenario is meant to show is nothing to worry about, whatever it is called.
  const asExpected = !result.partial && result.expectations.every(({ held }) => held);
  const word = asExpected
    ? paint('good', pad(result.outcome.toUpperCase(), 9))
    : verdictWord(result, paint, 9);
  return [word, name, ...cells, remarks].join('  ').trimEnd();
}

/**
 * After several scenarios: what went wrong in those that did not end as they should, how many there
 * were, and which took longest. `left` of them were never begun, because somebody stopped the
 * command.
 */
export function formatSummary(
  results: readonly RunResult[],
  held: (result: RunResult) => boolean,
  paint: Paint,
  left = 0,
): string {
  const wrong = results.filter((result) => !held(result));
  const verdict =
    wrong.length === 0
      ? paint('good', `all ${results.length} scenarios as expected`)
      : paint('bad', `${wrong.length} of ${results.length} scenarios not as expected`);
  const details = wrong.flatMap((result) => [
    `${paint('strong', printable(result.scenario))}  seed ${result.seed}, ${result.transport}`,
    ...violations(result, paint),
    ...expectations(result, paint, true),
    '',
  ]);
  const notBegun = left === 0 ? [] : [paint('warn', `${plural(left, 'scenario')} not begun`)];
  return [...details, verdict, ...notBegun, ...slowest(results, paint)].join('\n');
}

const slowestShown = 3;

function slowest(results: readonly RunResult[], paint: Paint): readonly string[] {
  if (results.length <= slowestShown) return [];
  const all = results.reduce((sum, { wallMs }) => sum + wallMs, 0);
  const longest = results.toSorted((a, b) => b.wallMs - a.wallMs).slice(0, slowestShown);
  const named = longest.map(({ scenario, wallMs }) => `${printable(scenario)} ${showMs(wallMs)}`);
  return [paint('faint', `${showMs(all)} in all; longest: ${named.join(', ')}`)];
}

/** A run that was cut short has no outcome yet, unless safety is broken already. */
function verdictWord({ outcome, partial }: RunResult, paint: Paint, width = 0): string {
  const unknown = partial && outcome !== 'diverged';
  const word = unknown ? 'CUT SHORT' : outcome.toUpperCase();
  return paint(unknown ? 'warn' : outcomeStyles[outcome], pad(word, width));
}

function headline(result: RunResult, paint: Paint): readonly string[] {
  const { scenario, seed, replicas, f, transport, virtualMs, wallMs, partial, outcome } = result;
  const took =
    transport === 'simulated'
      ? `${showMs(virtualMs)} of virtual time in ${showMs(wallMs)}`
      : `${showMs(wallMs)} on real processes`;
  const who = `${replicas} replicas (f = ${f}), ${transport}, seed ${seed}, ${took}`;
  const word = verdictWord(result, paint);
  const name = paint('strong', printable(scenario));
  const lines = [`${word}  ${name}`, paint('faint', who)];
  return partial ? [...lines, paint('warn', `What follows is partial: ${outcome} so far.`)] : lines;
}

function whatWasAsked({ requests, issued, rejected, pending }: RunResult): readonly string[] {
  const clients = new Set(requests.map(({ client }) => client)).size;
  const broken = requests.filter((request) => request.broken !== null).length;
  const onPurpose = broken === 0 ? '' : `, ${broken} of them broken on purpose`;
  const asked = issued + rejected.total + pending;
  const from = clients === 0 ? '' : ` by ${plural(clients, 'client')}`;
  return [
    `asked    ${plural(asked, 'certificate')}${from}${onPurpose}`,
    `issued   ${showCount(issued)}`,
    `refused  ${showCount(rejected.total)}`,
    ...(pending === 0 ? [] : [`pending  ${showCount(pending)}`]),
  ];
}

function violations(result: RunResult, paint: Paint): readonly string[] {
  if (result.violations.length === 0) return [];
  const shown = result.violations.slice(0, maxViolationsShown).flatMap((violation) => {
    const { checker, sequence, replicas, atMs, detail } = violation;
    const where = sequence === null ? '' : ` at sequence ${sequence}`;
    const who = replicas.length === 0 ? '' : `, ${showReplicas(replicas)}`;
    const text = `${checker}${where}${who} after ${showMs(atMs)}: ${shortDigests(detail)}`;
    return wrap(printable(text), 96).map((line, i) => `  ${i === 0 ? '' : '  '}${line}`);
  });
  const unsafe = result.violations.some(({ checker }) => !livenessCheckers.has(checker));
  const what = unsafe ? 'SAFETY VIOLATED' : 'NO PROGRESS WHERE IT IS PROMISED';
  const title = paint('bad', `${what} (${plural(result.violations.length, 'violation')})`);
  return [
    title,
    ...shown,
    ...more(result.violations.length, maxViolationsShown),
    ...whatCameBefore(result, paint),
  ];
}

/** Whole ones are in the results; to tell two apart the beginning is enough. */
function shortDigests(text: string): string {
  return text.replace(/\b[0-9a-f]{64}\b/g, (digest) => `${digest.slice(0, 12)}…`);
}

/** Only virtual time can say what came just before, and can be made to repeat it. */
function whatCameBefore({ violations, repeat }: RunResult, paint: Paint): readonly string[] {
  const lines = violations.find(({ trace }) => trace !== undefined)?.trace ?? [];
  const shown = lines.slice(-maxTraceLinesShown);
  return [
    ...(shown.length === 0 ? [] : [paint('faint', '  the last lines before it:')]),
    ...shown.map((line) => `    ${cut(printable(line), 96)}`),
    ...(repeat === undefined ? [] : [`  repeat it: ${printable(repeat)}`]),
  ];
}

function refusals({ requests }: RunResult, paint: Paint): readonly string[] {
  const refused = requests.filter(({ outcome }) => outcome === 'rejected');
  if (refused.length === 0) return [];
  const rows = refused.slice(0, maxRefusalsShown).flatMap(rowsOfRefusal);
  const table = formatTable(
    ['request', 'proof', 'reason', 'measured', 'required'].map((title) => ({ title })),
    rows,
  );
  return [
    paint('strong', 'Refused'),
    paint('faint', `  ${table[0]}`),
    ...table.slice(1).map((line) => `  ${line}`),
    ...more(refused.length, maxRefusalsShown),
  ];
}

function rowsOfRefusal({ name, failures, broken }: RequestRecord): readonly (readonly string[])[] {
  if (failures.length === 0) return [[name, broken ?? '-', 'no reason was given', '-', '-']];
  return failures.map(({ proof, reason, measured, required }, i) => [
    i === 0 ? name : '',
    proof,
    reason,
    measured,
    required,
  ]);
}

function waiting({ requests, pending }: RunResult, paint: Paint): readonly string[] {
  const names = requests.filter(({ outcome }) => outcome === 'pending').map(({ name }) => name);
  if (pending === 0 || names.length === 0) return [];
  return [
    paint('warn', 'Without an answer'),
    ...names.slice(0, maxPendingShown).map((name) => `  ${printable(name)}`),
    ...more(names.length, maxPendingShown),
  ];
}

function describeHostile(client: HostileResult, i: number): readonly string[] {
  const { behaviour, misdeeds, asked, answered, honoured, throttledBy } = client;
  const slowly = throttledBy.length === 0 ? 'nobody' : showReplicas(throttledBy);
  const text =
    `hostile client ${i}: ${behaviour}, ${plural(misdeeds, 'misdeed')}; ${showCount(asked)} ` +
    `operations asked about, ${showCount(answered)} answered, ${showCount(honoured)} honoured; ` +
    `read slowly by ${slowly}`;
  return wrap(text, 94).map((line, row) => `${row === 0 ? '  ' : '    '}${line}`);
}

function describeDetection({ replica, ms, messages }: Detection): string {
  const counted = `${showMs(ms)} and ${plural(messages, 'message')}`;
  return `  found out: replica ${replica}, ${counted} after it broke the protocol first`;
}

function misbehaviour(result: RunResult, paint: Paint): readonly string[] {
  const { accusations, detections, isolated, suspected } = result;
  const shown = accusations
    .slice(0, maxAccusationsShown)
    .flatMap((accusation) => formatAccusation(accusation, paint).map((line) => `  ${line}`));
  const lines = [
    ...shown,
    ...more(accusations.length, maxAccusationsShown),
    ...detections.map(describeDetection),
    ...(isolated.length === 0 ? [] : [`  isolated: ${showReplicas(isolated)}`]),
    ...(suspected.length === 0 ? [] : [`  suspected: ${showReplicas(suspected)}`]),
    ...(result.hostileClients ?? []).flatMap(describeHostile),
  ];
  return lines.length === 0 ? [] : [paint('strong', 'Misbehaviour'), ...lines];
}

/** Where nothing was answered, nothing was measured. */
function showLatency(
  { issued, rejected, latencyMs }: RunResult,
  percentile: keyof RunResult['latencyMs'],
): string {
  return issued + rejected.total === 0 ? '-' : showMs(latencyMs[percentile]);
}

function course(result: RunResult, paint: Paint): readonly string[] {
  const { messages, bytesSent, viewChanges, recovered, traceDigest } = result;
  const latency = (['p50', 'p90', 'p99', 'max'] as const).map(
    (percentile) => `${percentile} ${showLatency(result, percentile)}`,
  );
  const second = result.transport === 'simulated' ? 'virtual second' : 'second';
  const lost = messages.dropped === 0 ? 'none lost' : `${showCount(messages.dropped)} lost`;
  return [
    paint('strong', 'How it went'),
    `  view changes  ${viewChanges}`,
    ...(recovered.length === 0 ? [] : [`  recovered     ${showReplicas(recovered)}`]),
    `  latency       ${latency.join(', ')}`,
    `  throughput    ${showCount(result.throughputPerSecond)} answers per ${second}`,
    `  messages      ${showCount(messages.sent)} sent, ${showCount(messages.delivered)} ` +
      `delivered, ${lost}; ${showBytes(bytesSent)}`,
    `  trace digest  ${traceDigest}`,
  ];
}

function expectations(result: RunResult, paint: Paint, onlyBroken = false): readonly string[] {
  const shown = result.expectations.filter(({ held }) => !(onlyBroken && held));
  if (shown.length === 0) return [];
  const lines = shown.map(({ name, expected, actual, held }) => {
    const mark = held ? paint('good', '✓') : paint('bad', '✗');
    const found = held && expected === actual ? '' : `, found ${actual}`;
    return `  ${mark} ${name}: expected ${expected}${found}`;
  });
  return onlyBroken ? lines : [paint('strong', 'Expectations'), ...lines];
}

function whereItIs({ directory, checkCommand }: WrittenFiles, paint: Paint): readonly string[] {
  const check = checkCommand === null ? [] : [`  check one: ${checkCommand}`];
  return [paint('strong', 'Files'), `  ${directory}`, ...check];
}

function more(count: number, shown: number): readonly string[] {
  return count > shown ? [`  and ${showCount(count - shown)} more`] : [];
}
