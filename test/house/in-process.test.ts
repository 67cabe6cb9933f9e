import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const early = `
import { describe, it } from 'vitest';
describe('begins', () => {
  it('passes', () => {});
  throw new Error('and throws while it is loaded');
});
`;
const late = `
import { describe, it } from 'vitest';
describe('is asked as well', () => {
  it('passes', () => {});
  it('fails', () => {
    throw new Error('and fails');
  });
});
`;

it('a test file that a planted bug keeps from loading fails, and the others are run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'in-process-'));
  try {
    mkdirSync(join(folder, 'test/pbft'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'test/pbft/early.test.ts'), early);
    writeFileSync(join(folder, 'test/pbft/late.test.ts'), late);
    const script = resolve('scripts/mutants/tests.ts');
    const output = execFileSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual({ tests: 2, transcripts: 0 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
