import { describe, expect, it } from 'vitest';
import { checkTidiness } from '../../scripts/tidy.ts';
import type { SourceFile } from '../../scripts/tree.ts';

const entry = { path: 'src/cli/main.ts', text: '' };
const complaints = (...files: SourceFile[]) =>
  checkTidiness(files).map(({ path, line, message }) => `${path}:${line}: ${message}`);
const body = (lines: number) => `{\n${'  x();\n'.repeat(lines - 2)}}\n`;

describe('the tidy check', () => {
  it('leaves a tidy tree alone', () => {
    const tree = [
      { path: 'src/cli/main.ts', text: `import './run.ts';\nfunction f() ${body(70)}` },
      { path: 'src/cli/run.ts', text: `new URL('./child.ts', import.meta.url);\n` },
      { path: 'src/cli/index.ts', text: "export * from './run.ts';" },
      { path: 'src/cli/child.ts', text: `new URL(\`./grandchild.\${ending}\`, 'here');` },
      { path: 'src/cli/grandchild.ts', text: `const line = '${'x'.repeat(84)}';\n` },
      {
        path: 'test/cli/run.test.ts',
        text: `describe('a', () => {\n${`  it.skipIf(b)('c', () => ${body(60)});\n`.repeat(2)}});`,
      },
    ];
    expect(complaints(...tree)).toEqual([]);
  });

  it.each([
    ['a line of 101 columns', `const s = '${'x'.repeat(88)}';`, '1: 101 columns'],
    ['a file of 401 lines', 'a();\n'.repeat(401), '401: 401 lines'],
    ['a function of 71 lines', `function long() ${body(71)}`, '1: `long` has 71 lines'],
    ['an arrow of 71 lines', `\nconst long = (a: A) => ${body(71)};`, '2: `long` has 71 lines'],
    ['a class that manages', 'class PeerManager {}', '1: `PeerManager`'],
    ['a helper', 'const hashHelper = 1;', '1: `hashHelper`'],
    ['unfinished work', '// TODO later', '1: TODO'],
    ['a silenced type error', '// @ts-ignore\na();', '1: @ts-ignore'],
  ])('complains about %s', (_, text, start) => {
    const found = complaints({ path: 'src/cli/main.ts', text });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`src/cli/main.ts:${start}`);
  });

  it('complains about a test of 71 lines, but not about the chapter it stands in', () => {
    const text = `describe('a', () => {\n  it('b', () => ${body(71)});\n});`;
    const found = complaints(entry, { path: 'test/a.test.ts', text });
    expect(found).toEqual(['test/a.test.ts:2: `it` has 71 lines; split it, 70 fit a screen']);
  });

  it('complains about a test that hides the others', () => {
    const found = complaints(entry, { path: 'test/a.test.ts', text: "it.only('x', () => {});" });
    expect(found).toEqual(['test/a.test.ts:1: `.only` hides every other test; remove it']);
  });

  it('complains about a file whose name says nothing', () => {
    const found = complaints(entry, { path: 'test/utils/hash.ts', text: '' });
    expect(found[0]).toContain('test/utils/hash.ts:1: `utils` says nothing');
  });

  it('complains about a file that only a test and a dead file use', () => {
    const found = complaints(
      entry,
      { path: 'src/base/dead.ts', text: "import './also-dead.ts';" },
      { path: 'src/base/also-dead.ts', text: '' },
      { path: 'test/dead.test.ts', text: "import '../src/base/dead.ts';" },
    );
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'src/base/dead.ts',
      'src/base/also-dead.ts',
    ]);
  });
});
