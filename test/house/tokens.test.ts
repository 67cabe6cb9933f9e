import { describe, expect, it } from 'vitest';
import { functionsOf } from '../../scripts/functions.ts';
import { importsOf, tokenize } from '../../scripts/tokens.ts';

const texts = (source: string) => tokenize(source).map(({ kind, text }) => `${kind} ${text}`);

describe('the tokenizer', () => {
  it.each([
    { source: 'a / b / c', regex: [], why: 'a slash after a name divides' },
    { source: 'return /b/g', regex: ['/b/g'], why: 'a slash after return begins an expression' },
    { source: '(a) / b /c', regex: [], why: 'a slash after a parenthesis divides' },
    { source: 'f(/[/]"/)', regex: ['/[/]"/'], why: 'a class may hold a slash' },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
    { source: '`${/x/}`', regex: ['/x/'], why: 'a substitution is code' },
  ])('tells regular expressions from division: $source', ({ source, regex }) => {
    const found = tokenize(source).filter(({ kind }) => kind === 'regex');
    expect(found.map(({ text }) => text)).toEqual(regex);
  });

  it('keeps code apart from comments, strings and the text of templates', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
    const source = "/* x */ 'y // z' `t ${ { a: `${b}` }.a } u` // v";
    expect(texts(source)).toEqual([
      'comment /* x */',
      "string 'y // z'",
      'template `t ${',
      'mark {',
      'word a',
      'mark :',
      'template `${',
      'word b',
      'template }`',
      'mark }',
      'mark .',
      'word a',
      'template } u`',
      'comment // v',
    ]);
  });

  it('counts lines across everything that may span them', () => {
    const source = '#!/bin/x\n/*\n*/ a `\n` b\n\n"\\\n" c';
    const words = tokenize(source).filter(({ kind }) => kind === 'word');
    expect(words.map(({ text, line }) => `${text}${line}`)).toEqual(['a3', 'b4', 'c7']);
  });

  it('finds every way to name a module', () => {
    const source = [
      "import a from './a.ts';",
      "import type { B } from './b.ts';",
      "import './c.ts';",
      "export * from './d.ts';",
      "const e = await import('./e.ts');",
      "let f: import('./f.ts').F;",
      "import {\n  g,\n} from './g.ts';",
      "// import './no.ts'",
      'const h = \'from "./no.ts"\';',
    ].join('\n');
    const found = importsOf(tokenize(source)).map(({ specifier, line }) => `${specifier}:${line}`);
    expect(found).toEqual([
      './a.ts:1',
      './b.ts:2',
      './c.ts:3',
      './d.ts:4',
      './e.ts:5',
      './f.ts:6',
      './g.ts:9',
    ]);
  });
});

describe('the extent of functions', () => {
  it.each([
    ['function a() {\n}', 'a'],
    ['function b<T extends { x: 1 }>(t: T): { y: T } {\n}', 'b'],
    ['class C { c(): readonly Map<string, { z: 1 }>[] {\n} }', 'c'],
    ['const d = (x: number): x is 1 => {\n};', 'd'],
    ['e(1, async () => {\n});', 'e'],
    ["describe.each([1])('f', () => {\n});", 'describe'],
    ["it.skipIf(!(a || b))('g', () => {\n});", 'it'],
    ['class G { constructor(a: string) {\n} }', 'constructor'],
  ])('sees %j', (source, name) => {
    expect(functionsOf(tokenize(source))).toEqual([{ name, firstLine: 1, lastLine: 2 }]);
  });

  it.each([
    'if (a) {\n}',
    'for (const a of b) {\n}',
    'while (a) {\n}',
    'switch (a) {\n}',
    'try {} catch (e) {\n}',
    'interface I { a(): { b: 1 };\n}',
    'const a = { b: f(1) ? { c: 1 } : {\n} };',
  ])('takes %j for no function', (source) => {
    expect(functionsOf(tokenize(source))).toEqual([]);
  });
});
