/** The table of villains as a picture, for readers of the README. */

export interface TableCell {
  readonly passed: boolean;
  readonly outcome: string;
  /** When the first villain was accused, in words. */
  readonly caught: string;
  /** Throughput in percent of the run without a villain. */
  readonly share: number;
  readonly viewChanges: number;
  /** Whether service was as fast as without a villain by the end of the run. */
  readonly recovered: boolean;
}

const first = 170;
const cellWidth = 166;
const rowHeight = 48;
const head = 58;
/** What the three lines of a cell say. */
const legend = [
  'first line: verdict, throughput relative to the same run without a villain, changes of view',
  'second: when the first villain was accused with proof, if what it does proves itself',
  'third: whether the last quarter of the requests took at most twice their usual time',
];

/** SVG: a row for each behaviour, a column for each size and world. */
export function drawTable(
  heads: readonly string[],
  rows: readonly { readonly name: string; readonly cells: readonly TableCell[] }[],
): string {
  const width = first + heads.length * cellWidth + 10;
  const height = head + rows.length * rowHeight + 72;
  const parts = [
    text(10, 22, 'f villains of one kind against a cluster', 'font-size="15" font-weight="bold"'),
    ...heads.map((name, i) => text(first + i * cellWidth + 8, 48, name, 'font-weight="bold"')),
    ...rows.flatMap(({ name, cells }, row) => {
      const y = head + row * rowHeight;
      return [text(10, y + 22, name, ''), ...cells.map((cell, i) => draw(cell, i, y))];
    }),
    ...legend.map((line, i) => text(10, height - 48 + 16 * i, line, 'fill="#57606a"')),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" font-family="sans-serif" font-size="11" fill="#1b1f24">` +
    '<title>What f villains of each kind do to a cluster</title>' +
    `<rect width="${width}" height="${height}" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`
  );
}

function draw(cell: TableCell, column: number, y: number): string {
  const x = first + column * cellWidth;
  const { passed, outcome, share, viewChanges, caught, recovered } = cell;
  const views = viewChanges === 0 ? '' : `, ${viewChanges} vc`;
  const size = `width="${cellWidth - 4}" height="${rowHeight - 4}"`;
  const colour = passed ? '#e3f4e6' : '#ffd9d6';
  return (
    `<rect x="${x}" y="${y + 2}" ${size} rx="4" fill="${colour}"/>` +
    text(x + 8, y + 16, `${passed ? '✓' : '✗'} ${outcome} ${share} %${views}`, '') +
    text(x + 8, y + 28, caught === '-' ? '' : caught, 'fill="#57606a"') +
    text(x + 8, y + 40, recovered ? 'as fast as ever' : 'still slow', 'fill="#57606a"')
  );
}

function text(x: number, y: number, words: string, attributes: string): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" ${attributes}>${safe}</text>`;
}
