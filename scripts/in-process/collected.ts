/**
 * What test files get for `vitest` where bugs are planted: `describe`, `it` and `test` only write
 * down what there is to run, so that it can be run again and again. Assertions are vitest's own.
 */
export { expect } from 'vitest';

type Body = (...row: never[]) => unknown;

export interface CollectedTest {
  /** Titles of the groups around it and its own. */
  readonly name: string;
  readonly run: () => unknown;
}

export const collected: CollectedTest[] = [];
const groups: string[] = [];

export function describe(title: string, body: () => void): void {
  groups.push(title);
  try {
    body();
  } finally {
    groups.pop();
  }
}

function collect(title: string, run: () => unknown): void {
  const name = [...groups, title].join(' ');
  // Rows of a table may have one title: coverage is kept by name.
  const namesakes = collected.filter((other) => other.name.startsWith(name)).length;
  collected.push({ name: namesakes === 0 ? name : `${name} (${namesakes})`, run });
}

/** A row's title: `$field` of an object, `%s` and the like by place. */
function fill(title: string, row: readonly unknown[]): string {
  const [first] = row;
  const named = first as Record<string, unknown> | null;
  let place = 0;
  return title
    .replaceAll(/\$(\w+)/g, (_, field) => String(named?.[field]))
    .replaceAll(/%[a-z]/g, () => String(row[place++]));
}

function each(rows: readonly unknown[]) {
  return (title: string, body: Body) => {
    for (const row of rows) {
      const cells = Array.isArray(row) ? row : [row];
      collect(fill(title, cells), () => body(...(cells as never[])));
    }
  };
}

export const it = Object.assign((title: string, run: () => unknown) => collect(title, run), {
  each,
});
export const test = it;
