import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkFloors, floors } from '../../scripts/floors.ts';

const complaints = (path: string, text: string) =>
  checkFloors([{ path, text }]).map(({ line, message }) => `${line}: ${message}`);

describe('the floor check', () => {
  it.each([
    ['src/pbft/a.ts', "import { b } from '../base/b.ts';", 'down'],
    ['src/cli/a.ts', "import { b } from '../base/b.ts';", 'far down'],
    ['src/pbft/parts/a.ts', "import { b } from '../b.ts';", 'inside one room, across folders'],
    ['src/base/a.ts', "import { hash } from 'node:crypto';", 'base may hash'],
    ['src/runtime/a.ts', "import { open } from 'node:fs';", 'floor 3 touches the machine'],
    ['src/pbft/a.ts', '// Date.now() and await\nconst s = "Math.random()";', 'text is no code'],
    ['src/pbft/a.ts', 'const at = new Date(timestamp);', 'a date of a given time is pure'],
    ['src/pbft/a.ts', 'const o = { process: 1 }; o.process;', 'a property is no global'],
  ])('accepts in %s: %s (%s)', (path, text) => {
    expect(complaints(path, text)).toEqual([]);
  });

  it.each([
    ['src/base/a.ts', "import { b } from '../pbft/b.ts';", 'up on floor 1'],
    ['src/pbft/a.ts', "import type { B } from '../proofs/b.ts';", 'a stranger on the same floor'],
    ['src/pbft/a.ts', "type B = import('../node/b.ts').B;", 'up on floor 4'],
    ['src/pbft/a.ts', "export * from '../node/b.ts';", 'up on floor 4'],
    ['src/pbft/a.ts', "import { b } from '../../test/b.ts';", 'leaves the rooms'],
    ['src/attic/a.ts', 'const a = 1;', 'has no floor'],
    ['src/pbft/a.ts', "import { hash } from 'node:crypto';", 'nothing else may'],
    ['src/base/a.ts', "import { open } from 'node:fs';", 'nothing else may'],
    ['src/ledger/a.ts', 'async function f() {}', '`async` on floor 2'],
    ['src/ledger/a.ts', 'let p: Promise<void>;', '`Promise` on floor 2'],
    ['src/ledger/a.ts', 'const t = Date.now();', '`Date.now` on floor 2'],
    ['src/ledger/a.ts', 'const t = new Date();', '`Date` on floor 2'],
    ['src/ledger/a.ts', 'const t = performance.now();', '`performance` on floor 2'],
    ['src/ledger/a.ts', 'const t = Math.random();', '`Math.random` on floor 2'],
    ['src/ledger/a.ts', 'setTimeout(f, 1);', '`setTimeout` on floor 2'],
    ['src/ledger/a.ts', 'globalThis.setTimeout(f, 1);', '`setTimeout` on floor 2'],
    ['src/ledger/a.ts', 'process.exit();', '`process` on floor 2'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
    ['src/ledger/a.ts', 'const t = `${Date.now()}`;', '`Date.now` on floor 2'],
  ])('refuses in %s: %s (%s)', (path, text, reason) => {
    const found = complaints(path, `// why\n${text}`);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(reason);
    if (reason !== 'has no floor') expect(found[0]).toMatch(/^2: /);
  });

  it('has the same floors as the table in src/README.md', () => {
    const table = readFileSync(new URL('../../src/README.md', import.meta.url), 'utf8');
    const rows = [...table.matchAll(/^\| (\d) \| `(\w+)` \|/gm)];
    expect(Object.fromEntries(rows.map(([, floor, room]) => [room, Number(floor)]))).toEqual(
      floors,
    );
  });
});
