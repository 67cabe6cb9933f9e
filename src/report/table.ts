export type Align = 'left' | 'right';

export interface Column {
  readonly title: string;
  readonly align?: Align;
}

const gap = '  ';
const narrowest = 8;

/**
 * Rows under their titles, at most `width` columns: where that is too narrow the widest columns
 * give way first and their cells go on in the next line; what stands on the right is numbers with
 * their units, which stay whole. No line ends in a space.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = 96,
): readonly string[] {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((_, i) => printable(row[i] ?? ''))),
  ];
  const widest = (measure: (cell: string, align?: Align) => number) =>
    columns.map(({ align }, i) => Math.max(...cells.map((row) => measure(row[i]!, align))));
  const widths = narrow(
    widest((cell) => lengthOf(cell)),
    widest((cell, align) =>
      align === 'right' ? lengthOf(cell) : Math.max(...cell.split(' ').map(lengthOf)),
    ),
    width - gap.length * (columns.length - 1),
  );
  return cells.flatMap((row) => {
    const wrapped = row.map((cell, i) => wrap(cell, widths[i]!));
    const height = Math.max(...wrapped.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      wrapped
        .map((lines, i) => pad(lines[line] ?? '', widths[i]!, columns[i]!.align))
        .join(gap)
        .trimEnd(),
    );
  });
}

/** Takes from the widest columns first, and breaks words only when nothing else helps. */
function narrow(
  natural: readonly number[],
  longestWords: readonly number[],
  width: number,
): readonly number[] {
  const widths = [...natural];
  let surplus = widths.reduce((sum, each) => sum + each, 0) - width;
  for (const least of [longestWords, widths.map(() => narrowest)]) {
    for (; surplus > 0; surplus--) {
      const spare = widths.map((each, i) => (each > least[i]! ? each : 0));
      const widest = Math.max(...spare);
      if (widest === 0) break;
      widths[spare.indexOf(widest)] = widest - 1;
    }
  }
  return widths;
}

/** Breaks at spaces, and inside words that are longer than a line. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (lengthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const characters = [...word];
    while (characters.length > width) lines.push(characters.splice(0, width).join(''));
    line = characters.join('');
  }
  return [...lines, line];
}

export function pad(text: string, width: number, align: Align = 'left'): string {
  const missing = ' '.repeat(Math.max(0, width - lengthOf(text)));
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

function lengthOf(text: string): number {
  return [...text].length;
}
