/** Line charts as SVG, by hand: a few panels side by side, for people who open a file. */

export interface Series {
  readonly name: string;
  readonly colour: string;
  /** A promise is a dashed line, a measurement a line with dots and the spread of its runs. */
  readonly kind: 'promised' | 'measured';
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Panel {
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  readonly format: { readonly x: (value: number) => string; readonly y: (value: number) => string };
  /** Logarithmic: every tick above 0, and what is below the first stands on the axis. */
  readonly logarithmic?: 'x' | 'y';
  readonly series: readonly Series[];
}

const width = 420;
const height = 330;
const margin = { left: 62, right: 16, top: 40, bottom: 96 };

/** The panels in one row. */
export function drawPanels(title: string, panels: readonly Panel[]): string {
  const parts = panels.map(
    (panel, i) => `<g transform="translate(${i * width},0)">${draw(panel)}</g>`,
  );
  const total = width * panels.length;
  const frame = `viewBox="0 0 ${total} ${height}" width="${total}" height="${height}"`;
  const font = 'font-family="sans-serif" font-size="11"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${frame} ${font}>
<title>${escaped(title)}</title>
<rect width="${total}" height="${height}" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}

function draw(panel: Panel): string {
  const { title, xName, yName, series } = panel;
  const place = placeOf(panel);
  const middle = (margin.top + height - margin.bottom) / 2;
  const parts = [
    text(width / 2, 20, title, 'middle', ' font-size="13" font-weight="bold"'),
    ...grid(panel, place),
    text((margin.left + width - margin.right) / 2, height - margin.bottom + 34, xName, 'middle'),
    `<g transform="translate(14,${middle}) rotate(-90)">${text(0, 0, yName, 'middle')}</g>`,
    ...series.flatMap((one) => lines(one, place)),
    ...series.map((one, i) => legend(one, i)),
  ];
  return parts.join('\n');
}

interface Place {
  x(value: number): number;
  y(value: number): number;
}

function placeOf({ xTicks, yTicks, logarithmic }: Panel): Place {
  const [xLow, xHigh] = [xTicks[0] ?? 0, xTicks.at(-1) ?? 1];
  const [yLow, yHigh] = [yTicks[0] ?? 0, yTicks.at(-1) ?? 1];
  const inner = {
    width: width - margin.left - margin.right,
    height: height - margin.top - margin.bottom,
  };
  const x = shareOf(xLow, xHigh, logarithmic === 'x');
  const y = shareOf(yLow, yHigh, logarithmic === 'y');
  return {
    x: (value) => margin.left + x(value) * inner.width,
    y: (value) => height - margin.bottom - y(value) * inner.height,
  };
}

/** How far a value is on the way from `low` to `high`. */
function shareOf(low: number, high: number, logarithmic: boolean): (value: number) => number {
  if (!logarithmic) return (value) => (value - low) / (high - low);
  return (value) => Math.log(Math.max(value, low) / low) / Math.log(high / low);
}

function grid({ xTicks, yTicks, format }: Panel, place: Place): string[] {
  const bottom = height - margin.bottom;
  return [
    ...xTicks.map((tick) => {
      const x = round(place.x(tick));
      return line(x, margin.top, x, bottom) + text(x, bottom + 15, format.x(tick), 'middle');
    }),
    ...yTicks.map((tick) => {
      const y = round(place.y(tick));
      const right = width - margin.right;
      return line(margin.left, y, right, y) + text(margin.left - 6, y + 4, format.y(tick), 'end');
    }),
  ];
}

/** What a line is drawn with. */
function stroke({ colour, kind }: Series): string {
  const dashes = kind === 'promised' ? ' stroke-dasharray="5 4"' : '';
  return `fill="none" stroke="${colour}" stroke-width="1.5"${dashes}`;
}

function lines(series: Series, place: Place): string[] {
  const { kind, colour, points } = series;
  const at = points.map(({ x, y }) => `${round(place.x(x))},${round(place.y(y))}`).join(' ');
  const path = `<polyline points="${at}" ${stroke(series)}/>`;
  if (kind === 'promised') return [path];
  const marks = points.map(({ x, y, low = y, high = y }) => {
    const cx = round(place.x(x));
    const spread = line(cx, round(place.y(low)), cx, round(place.y(high)), colour);
    return `${spread}<circle cx="${cx}" cy="${round(place.y(y))}" r="2.5" fill="${colour}"/>`;
  });
  return [path, ...marks];
}

function legend(series: Series, index: number): string {
  const y = height - margin.bottom + 50 + index * 14;
  const right = margin.left + 24;
  const sample = `<polyline points="${margin.left},${y} ${right},${y}" ${stroke(series)}/>`;
  return sample + text(right + 6, y + 4, series.name, 'start');
}

function line(x1: number, y1: number, x2: number, y2: number, colour = '#ddd'): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}"/>`;
}

function text(x: number, y: number, words: string, anchor: string, style = ''): string {
  const at = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text ${at}${style}>${escaped(words)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
