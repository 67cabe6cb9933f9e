import type { PartialStrykerOptions } from '@stryker-mutator/api/core';

/**
 * How StrykerJS mutates one file; `scripts/stryker.ts` names the file and where its result goes.
 *
 * There is no type checker between: StrykerJS drives TypeScript's programming interface, which
 * TypeScript 7 does not have. So the two mutators go whose mutants hardly ever type-check here:
 * strings are tags of unions and objects are messages.
 */
const options: PartialStrykerOptions = {
  testRunner: 'in-process',
  plugins: ['./scripts/stryker/runner.ts', './scripts/stryker/ignore-assertions.ts'],
  coverageAnalysis: 'perTest',
  // What runs once when a module loads would cost a whole test run for each mutant.
  ignoreStatic: true,
  ignorers: ['assertions'],
  mutator: { excludedMutations: ['StringLiteral', 'ObjectLiteral'] },
  // One at a time: the machine has other work.
  concurrency: 1,
  // Generous: a slow machine is no infinite loop. Those are told by how often a line was passed.
  timeoutMS: 15_000,
  // It would rewrite this file by the same missing interface.
  tsconfigFile: 'none.json',
  ignorePatterns: ['dist', 'out', 'reports', 'scenarios', 'examples', '.ci'],
  // What neither source nor tests changed is not asked again.
  incremental: true,
  reporters: ['dots'],
  allowConsoleColors: false,
  allowEmpty: true,
  logLevel: 'warn' as NonNullable<PartialStrykerOptions['logLevel']>,
};

export default options;
