import type { MakeBehaviour } from '../adversaries/behaviours.ts';
import { parseScenarios } from '../scenario/parse.ts';
import { formatProblem, type Problem } from '../scenario/problem.ts';
import type { RunHooks, RunOutput } from '../scenario/run.ts';
import type { AdversarySpec, Scenario } from '../scenario/scenario.ts';
import type { Checker } from './checkers/checker.ts';
import { runInSimulator } from './run.ts';

/** An adversary that a program brings along. */
export interface OwnAdversary {
  readonly replicas: readonly number[];
  /** Called for each replica and membership epoch, with a kit of its own. */
  readonly behaviour: MakeBehaviour;
  /** From the start of the run; default 0. */
  readonly fromMs?: number;
  /** Default: to the end. */
  readonly untilMs?: number;
}

export interface SimulateOptions extends RunHooks {
  /** Besides those the scenario names. */
  readonly adversaries?: readonly OwnAdversary[];
  /** Judges of every event, besides the usual ones: the first finding ends the run `diverged`. */
  readonly checkers?: readonly Checker[];
}

/** A scenario that does not say what it must; `problems` have line and column. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly code = 'HYPERMESH_SCENARIO';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/** Reads one scenario, as a file has it (YAML); throws {@link ScenarioError}. */
export function readScenario(yaml: string, file = 'scenario'): Scenario {
  const parsed = parseScenarios(file, yaml, { transport: 'simulated' });
  if (!parsed.ok) throw new ScenarioError(parsed.problems);
  const [scenario, ...more] = parsed.scenarios;
  if (scenario === undefined || more.length > 0) {
    const found = `${parsed.scenarios.length} scenarios`;
    throw new ScenarioError([{ file, line: 1, column: 1, key: '', found, allowed: 'one' }]);
  }
  return scenario;
}

/**
 * Runs one scenario in virtual time: `scenario` as YAML, or as {@link readScenario} gives it. The
 * same scenario, seed, adversaries and checkers give the same run on every machine.
 */
export async function simulate(
  scenario: string | Scenario,
  options: SimulateOptions = {},
): Promise<RunOutput> {
  const { adversaries = [], checkers, ...hooks } = options;
  const read = typeof scenario === 'string' ? readScenario(scenario) : scenario;
  const { voting } = read.replicas;
  const own = adversaries.map(({ replicas, behaviour, fromMs, untilMs }): AdversarySpec => {
    const stranger = replicas.find((replica) => !(replica >= 0 && replica < voting));
    if (stranger !== undefined) {
      throw new RangeError(`adversary: replica ${stranger}, 0 to ${voting - 1} vote`);
    }
    const window = { fromMs: fromMs ?? 0, untilMs: untilMs ?? null };
    return { replicas, behaviour: 'own', make: behaviour, ...window };
  });
  const cast = { ...read, adversaries: [...read.adversaries, ...own] };
  return runInSimulator(cast, hooks, checkers);
}
