import { readdirSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CollectedTest, collected } from './collected.ts';

export interface FileTest extends CollectedTest {
  /** Name of the file that it stands in, and its own. */
  readonly id: string;
  readonly file: string;
}

/**
 * Loads the test files of a folder into this process, to be run as often as one likes. vitest loads
 * them anew for each run, which takes seconds where most of these tests take milliseconds.
 */
export async function loadTests(folder: string): Promise<FileTest[]> {
  const vitest = import.meta.resolve('./collected.ts');
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'vitest' && context.parentURL?.endsWith('.test.ts')
        ? { url: vitest, shortCircuit: true }
        : next(specifier, context),
  });
  const tests: FileTest[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.test.ts'))) {
    const before = collected.length;
    try {
      await import(pathToFileURL(join(folder, file)).href);
    } catch (error) {
      // A bug can show as early as that: the file fails, as with vitest, and the others run.
      tests.push({ file, id: `${file}#loads`, name: 'loads', run: () => Promise.reject(error) });
    }
    for (const test of collected.slice(before)) {
      tests.push({ ...test, file, id: `${file}#${test.name}` });
    }
  }
  return tests;
}

/** Why a test fails; null where it passes. */
export async function failureOf(test: CollectedTest): Promise<string | null> {
  try {
    await test.run();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
