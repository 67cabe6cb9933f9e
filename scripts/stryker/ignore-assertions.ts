import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** As much of Babel's syntax tree as is looked at. */
interface SyntaxNode {
  readonly type: string;
  readonly expression?: SyntaxNode;
  readonly callee?: { readonly type: string; readonly name?: string };
  readonly consequent?: SyntaxNode;
  readonly alternate?: SyntaxNode | null;
}

/** `assert(…)`, alone or as the statement that it makes, or `if (…) assert(…)`. */
function isAssertion(node: SyntaxNode): boolean {
  const { consequent, alternate } = node;
  if (node.type === 'IfStatement') {
    return consequent !== undefined && !alternate && isAssertion(consequent);
  }
  const call = node.type === 'ExpressionStatement' ? node.expression : node;
  return call?.callee?.name === 'assert';
}

/**
 * An assertion states what cannot happen: no test can see it fail, so no test can see it gone, and
 * its message is for a reader who never comes.
 */
export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'assertions', {
    shouldIgnore(path) {
      const { node } = path as { node: SyntaxNode };
      return isAssertion(node) ? 'an assertion states what cannot happen' : undefined;
    },
  }),
];
