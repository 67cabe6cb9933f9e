import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';

/**
 * The page's program, in the order its modules need each other. It is written as modules like the
 * rest, checked by `tsc -p src/report/html/page`, and put into the page as one script: a file
 * opened from disk can load no others.
 */
const names = [
  './model/escape.ts',
  './model/packed.ts',
  './model/colours.ts',
  './model/window.ts',
  './model/messages.ts',
  './model/filter.ts',
  './model/shapes.ts',
  './model/layout.ts',
  './model/arrows.ts',
  './model/paint-arrows.ts',
  './model/paint.ts',
  './model/svg-pen.ts',
  './model/request-rows.ts',
  './page/elements.ts',
  './page/canvas-pen.ts',
  './page/overview.ts',
  './page/details.ts',
  './page/controls.ts',
  './page/diagram.ts',
  './page/pointer.ts',
  './page/request-table.ts',
  './page/copying.ts',
  './page/main.ts',
] as const;

let made: string | null = null;

/** The report's program as one classic script. */
export function pageScript(): string {
  made ??= scriptOf(names, import.meta.url);
  return made;
}

/**
 * Modules as one classic script, in the order they need each other. Reads them from where `base`
 * says, as source or as built.
 */
export function scriptOf(modules: readonly string[], base: string): string {
  const texts = modules.map((name) => moduleText(name, base));
  return `'use strict';\nconst modules = {};\n${texts.join('\n')}\n`;
}

function moduleText(name: string, base: string): string {
  const isSource = base.endsWith('.ts');
  const url = new URL(isSource ? name : name.replace(/\.ts$/, '.js'), base);
  const text = readFileSync(url, 'utf8');
  return asScript(name, isSource ? withoutTypes(text) : text);
}

/** A module of ours as an expression: its imports become constants, its exports a value. */
export function asScript(name: string, text: string): string {
  const exported: string[] = [];
  const body = text
    .replace(/^import type [^;]*;$/gm, '')
    .replace(/^import \{([^}]*)\} from '([^']+)';$/gm, (_, bindings: string, path: string) => {
      const from = /([^/]+)\.[jt]s$/.exec(path)?.[1] ?? path;
      return `const {${bindings.replace(/(\w+) as (\w+)/g, '$1: $2')}} = modules['${from}'];`;
    })
    .replace(/^export (const|function|class) (\w+)/gm, (_, word: string, own: string) => {
      exported.push(own);
      return `${word} ${own}`;
    })
    .replace(/^export \{\};$/gm, '')
    .replace(/^[ \t]+$/gm, '');
  const own = /([^/]+)\.[jt]s$/.exec(name)?.[1] ?? name;
  return `modules['${own}'] = (() => {\n${body.trim()}\nreturn { ${exported.join(', ')} };\n})();`;
}

/**
 * Node strips types from every file of a checkout as it loads them, silently; asked to do the same
 * for a text it warns that this may change. The reader of a report can do nothing about that.
 */
function withoutTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return nodeModule.stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}
