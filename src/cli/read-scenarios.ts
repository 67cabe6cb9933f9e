import { shellWord } from '../report/shell-word.ts';
import { maxFileBytes } from '../scenario/limits.ts';
import { type Overrides, parseScenarios } from '../scenario/parse.ts';
import { formatProblem } from '../scenario/problem.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { badInput, CommandFailure, wrongUsage } from './failure.ts';
import { readTextFile } from './read-file.ts';

/** A scenario, and the file it is from. */
export interface FoundScenario {
  readonly scenario: Scenario;
  readonly file: string;
  /** Others stand in the same file. */
  readonly hasNeighbours: boolean;
}

/**
 * The scenarios of all files in order; with `only` those of that name. Nothing runs unless all are
 * right: throws one {@link CommandFailure} that lists what is wrong in every file.
 */
export function readScenarios(
  files: readonly string[],
  overrides: Overrides,
  only?: string,
): FoundScenario[] {
  const found: FoundScenario[] = [];
  const complaints: string[] = [];
  for (const file of files) {
    const read = readOne(file, overrides);
    if (read instanceof CommandFailure) {
      complaints.push(read.message);
      continue;
    }
    const hasNeighbours = read.length > 1;
    found.push(...read.map((scenario) => ({ scenario, file, hasNeighbours })));
  }
  if (complaints.length > 0) throw badInput(complaints.join('\n'));
  if (only === undefined) return found;
  const named = found.filter(({ scenario }) => scenario.name === only);
  if (named.length === 0) throw wrongUsage(`--only ${only}: ${namesOf(found)}`);
  return named;
}

/** What somebody types to run this one again, alone, in virtual time. */
export function repeatCommand({ scenario, file, hasNeighbours }: FoundScenario): string {
  const { name, seed } = scenario;
  const only = hasNeighbours ? ` --only ${shellWord(name)}` : '';
  return `npx hypermesh run ${shellWord(file)} --transport simulated --seed ${seed}${only}`;
}

function namesOf(found: readonly FoundScenario[]): string {
  const names = [...new Set(found.map(({ scenario }) => scenario.name))];
  return `no scenario has this name; there are ${names.join(', ')}`;
}

function readOne(file: string, overrides: Overrides): readonly Scenario[] | CommandFailure {
  try {
    const parsed = parseScenarios(file, readTextFile(file, maxFileBytes), overrides);
    return parsed.ok
      ? parsed.scenarios
      : badInput(parsed.problems.map((problem) => formatProblem(problem)).join('\n'));
  } catch (error) {
    if (error instanceof CommandFailure) return error;
    throw error;
  }
}
