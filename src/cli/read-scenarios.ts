import { maxFileBytes } from '../scenario/limits.ts';
import { type Overrides, parseScenarios } from '../scenario/parse.ts';
import { formatProblem } from '../scenario/problem.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { badInput, CommandFailure } from './failure.ts';
import { readTextFile } from './read-file.ts';

/**
 * The scenarios of all files in order. Nothing runs unless all are right: throws one
 * {@link CommandFailure} that lists what is wrong in every file.
 */
export function readScenarios(files: readonly string[], overrides: Overrides): Scenario[] {
  const scenarios: Scenario[] = [];
  const complaints: string[] = [];
  for (const file of files) {
    const found = readOne(file, overrides);
    if (found instanceof CommandFailure) complaints.push(found.message);
    else scenarios.push(...found);
  }
  if (complaints.length > 0) throw badInput(complaints.join('\n'));
  return scenarios;
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
