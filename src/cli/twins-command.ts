import { makePaint } from '../report/paint.ts';
import { plural, showCount } from '../report/quantities.ts';
import { type ExitCode, exitCodes, worstExitCode } from '../scenario/exit-code.ts';
import type { TwinsEnumeration, TwinsFinding } from '../simulator/twins/enumerate.ts';
import type { ExploreWorld } from './explore-command.ts';
import { ProgressLine } from './progress-line.ts';

export interface TwinsCommandOptions {
  readonly twins?: boolean;
  readonly rounds: number;
  /** Only the JSON line on stdout; people read on stderr. */
  readonly json?: boolean;
}

/** Plays every twins schedule within the bounds. Exit 3 if one breaks agreement or never ends. */
export async function twinsCommand(
  { rounds, json }: TwinsCommandOptions,
  { terminal, interruption, nowMs }: ExploreWorld,
): Promise<ExitCode> {
  const { enumerateTwins } = await import('../simulator/twins/enumerate.ts');
  const progress = new ProgressLine(terminal, nowMs);
  let enumeration: TwinsEnumeration;
  try {
    enumeration = await enumerateTwins({
      rounds,
      signal: interruption.signal,
      onProgress: (done, total) => {
        progress.show({ label: 'twins', share: done / total, done, total, unit: 'schedules' });
      },
    });
  } finally {
    progress.clear();
  }
  const people = json === true ? terminal.err : terminal.out;
  const paint = makePaint(json === true ? terminal.colourErr : terminal.colourOut);
  const { found, tried, all } = enumeration;
  const verdict =
    found.length === 0
      ? paint('good', 'no violation')
      : paint('bad', plural(found.length, 'violation'));
  const seen =
    `${showCount(tried)} of ${showCount(all)} twins schedules: 4 replicas, each in turn run ` +
    `twice, ${plural(rounds, 'round')} of every split in two, 0 to 2 view changes between`;
  const partial = interruption.exitCode !== null;
  if (partial) people(`${paint('warn', 'interrupted: what follows is partial')}\n`);
  people(`${[verdict, paint('faint', seen), ...found.flatMap(describe)].join('\n')}\n`);
  const short = partial ? { partial } : {};
  const line = { twins: tried, all, rounds, violations: found, ...short };
  terminal.out(`${JSON.stringify(line)}\n`);
  const code = found.length === 0 ? exitCodes.passed : exitCodes.diverged;
  return worstExitCode(interruption.exitCode === null ? [code] : [code, interruption.exitCode]);
}

/** Processes 0 to 3 are the replicas, and `twin` the second process of one of them. */
function describe({ scenario, fault }: TwinsFinding): string[] {
  const names = ['0', '1', '2', '3', 'twin'];
  const rounds = scenario.rounds.map(({ groups, timeouts }, i) => {
    const sides = [0, 1].map((side) => names.filter((_, process) => groups[process] === side));
    const split = sides.map((side) => side.join(' ') || 'nobody').join(' | ');
    return `  round ${i + 1}: ${split}, then ${plural(timeouts, 'view change')}`;
  });
  return ['', `${fault}; replica ${scenario.twinned} runs twice`, ...rounds];
}
