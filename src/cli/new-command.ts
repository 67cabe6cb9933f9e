import { writeFileSync } from 'node:fs';
import { shellWord } from '../report/shell-word.ts';
import { type ExitCode, exitCodes } from '../scenario/exit-code.ts';
import { scenarioTemplate } from '../scenario/template.ts';
import { reasonOf, wrongUsage } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Writes the commented template to `file` (`-`: stdout). Never over a file that exists. */
export function newCommand(file: string, terminal: Terminal): ExitCode {
  if (file === '-') {
    terminal.out(scenarioTemplate);
    return exitCodes.passed;
  }
  try {
    writeFileSync(file, scenarioTemplate, { flag: 'wx' });
  } catch (error) {
    throw wrongUsage(`new ${file}: cannot be written (${reasonOf(error)})`);
  }
  const name = shellWord(file);
  terminal.out(`${file} is written. Try it:\n  npx hypermesh run ${name} --report run.html\n`);
  return exitCodes.passed;
}
