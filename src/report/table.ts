export type Align = 'left' | 'right';

export interface Column {
  readonly title: string;
  readonly align?: Align;
  /** Longer cells are cut, with a mark. */
  readonly maxWidth?: number;
}

/** Rows under their titles, two spaces apart, no line ending in a space. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const cells = rows.map((row) =>
    columns.map(({ maxWidth }, i) => cut(printable(row[i] ?? ''), maxWidth ?? 100)),
  );
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, i) =>
    Math.max(...[titles, ...cells].map((row) => [...row[i]!].length)),
  );
  return [titles, ...cells].map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i]!, columns[i]!.align ?? 'left'))
      .join('  ')
      .trimEnd(),
  );
}

export function pad(text: string, width: number, align: Align = 'left'): string {
  const missing = ' '.repeat(Math.max(0, width - [...text].length));
  return align === 'left' ? text + missing : missing + text;
}

export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}

/** Without control characters: what others wrote must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}
