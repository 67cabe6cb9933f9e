import { showMs } from '../quantities.ts';
import { escapeHtml } from './model/escape.ts';
import type { PackedRequest, PackedRun } from './model/packed.ts';
import { ticksOf } from './model/window.ts';

const width = 600;
const height = 220;
const plot = { left: 46, right: width - 10, top: 14, bottom: height - 34 };

interface Bin {
  readonly from: number;
  readonly to: number;
  issued: number;
  rejected: number;
}

/** How long answers took, in equal steps, with the percentiles. SVG in a `figure`. */
export function latencyChart(
  requests: readonly PackedRequest[],
  percentiles: { readonly p50: number; readonly p90: number; readonly p99: number },
): string {
  const answered = requests.filter(({ latencyMs }) => latencyMs !== null);
  if (answered.length === 0) return emptyChart('Latency', 'No request was answered.');
  const longest = answered.reduce((max, { latencyMs }) => Math.max(max, latencyMs!), 0);
  const isWhole = answered.every(({ latencyMs }) => Number.isInteger(latencyMs));
  // Steps finer than the clock would draw a comb.
  const stepMs = Math.max(roundStep(longest / 40), isWhole ? 1 : 0);
  const count = Math.floor(longest / stepMs) + 1;
  const endMs = count * stepMs;
  const bins = fill(answered, endMs, count, ({ latencyMs }) => latencyMs!);
  const x = (ms: number) => scale(ms, endMs);
  const marks = (['p50', 'p90', 'p99'] as const).map((name, i) => {
    const at = x(Math.min(percentiles[name], longest));
    const label = `${name} ${showMs(percentiles[name])}`;
    const [anchor, dx] = at > width * 0.7 ? ['end', -4] : ['start', 4];
    const y = plot.top + 10 + i * 13;
    return (
      `<path class="mark" d="M${at.toFixed(1)} ${plot.top}V${plot.bottom}"/>` +
      `<text class="mark-text" x="${(at + dx).toFixed(1)}" y="${y}" ` +
      `text-anchor="${anchor}">${label}</text>`
    );
  });
  const words =
    `${answered.length} answers, half of them within ${showMs(percentiles.p50)}, ` +
    `nine of ten within ${showMs(percentiles.p90)}, the longest ${showMs(longest)}`;
  const body = bars(bins, x) + timeAxis(endMs * 1000) + marks.join('');
  return figure('Latency', words, body, binTable(bins, 'latency', 'ms'));
}

/** How many answers came when, with faults and view changes in the background. */
export function throughputChart(run: PackedRun): string {
  const answered = run.requests.filter(({ answeredMs }) => answeredMs !== null);
  if (answered.length === 0) return emptyChart('Throughput', 'No answer has a time.');
  const endMs = run.endUs / 1000;
  const x = (ms: number) => scale(ms, endMs);
  const bins = fill(answered, endMs, 60, ({ answeredMs }) => answeredMs!);
  const busiest = bins.reduce((max, bin) => Math.max(max, bin.issued + bin.rejected), 0);
  const stepMs = endMs / bins.length;
  const words =
    `${answered.length} answers in ${showMs(endMs)}, at most ${busiest} in any ${showMs(stepMs)}` +
    `, which is ${((busiest / stepMs) * 1000).toFixed(0)} a second`;
  const body = background(run, x) + bars(bins, x) + timeAxis(run.endUs);
  return figure('Answers over time', words, body, binTable(bins, 'time', 'ms'));
}

/** The next larger of 1, 2, 5, 10, 20, 50 …; also 0.1, 0.2, 0.5 … */
function roundStep(atLeast: number): number {
  if (atLeast <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return ([1, 2, 5].find((step) => step * power >= atLeast) ?? 10) * power;
}

function fill(
  requests: readonly PackedRequest[],
  longest: number,
  count: number,
  measure: (request: PackedRequest) => number,
): readonly Bin[] {
  const bins = Array.from({ length: count }, (_, i): Bin => {
    return { from: (longest * i) / count, to: (longest * (i + 1)) / count, issued: 0, rejected: 0 };
  });
  for (const request of requests) {
    const at = Math.min(Math.floor((measure(request) / longest) * count), count - 1);
    const bin = bins[Math.max(at, 0)]!;
    if (request.outcome === 'issued') bin.issued++;
    else bin.rejected++;
  }
  return bins;
}

function scale(value: number, longest: number): number {
  return plot.left + (value / longest) * (plot.right - plot.left);
}

function bars(bins: readonly Bin[], x: (value: number) => number): string {
  const most = Math.max(...bins.map(({ issued, rejected }) => issued + rejected), 1);
  const unit = (plot.bottom - plot.top) / most;
  const parts = bins.flatMap(({ from, to, issued, rejected }) => {
    const place = `x="${(x(from) + 0.5).toFixed(1)}" width="${(x(to) - x(from) - 1).toFixed(1)}"`;
    const bar = (kind: string, count: number, under: number): readonly string[] => {
      if (count === 0) return [];
      const y = (plot.bottom - (under + count) * unit).toFixed(1);
      return [
        `<rect class="bar-${kind}" ${place} y="${y}" height="${(count * unit).toFixed(1)}"/>`,
      ];
    };
    return [...bar('issued', issued, 0), ...bar('rejected', rejected, issued)];
  });
  return countAxis(most) + parts.join('');
}

function countAxis(most: number): string {
  const labels = [...new Set([0, Math.round(most / 2), most])].map((count) => {
    const y = plot.bottom - (count / most) * (plot.bottom - plot.top);
    return (
      `<path class="axis" d="M${plot.left} ${y.toFixed(1)}H${plot.right}"/>` +
      `<text x="${plot.left - 6}" y="${(y + 4).toFixed(1)}" text-anchor="end">${count}</text>`
    );
  });
  return labels.join('');
}

function timeAxis(endUs: number): string {
  const window = { fromUs: 0, toUs: Math.max(endUs, 1) };
  return ticksOf(window, plot.right - plot.left, 90)
    .map(({ atUs, label }) => {
      const x = scale(atUs, window.toUs).toFixed(1);
      return `<text x="${x}" y="${plot.bottom + 16}" text-anchor="middle">${label}</text>`;
    })
    .join('');
}

function background(run: PackedRun, x: (ms: number) => number): string {
  const stretches = new Set(
    run.bands
      .filter(({ type }) => type === 'partition' || type === 'down' || type === 'link')
      .map(({ fromUs, toUs }) => `${fromUs} ${toUs}`),
  );
  const faults = [...stretches].map((stretch) => {
    const [from = 0, to = 0] = stretch.split(' ').map((us) => x(Number(us) / 1000));
    const place = `x="${from.toFixed(1)}" width="${Math.max(to - from, 1).toFixed(1)}"`;
    return `<rect class="fault" ${place} y="${plot.top}" height="${plot.bottom - plot.top}"/>`;
  });
  const views = run.marks
    .filter(([, lane, , words]) => lane < 0 && words.startsWith('view '))
    .map(
      ([atUs]) =>
        `<path class="change" d="M${x(atUs / 1000).toFixed(1)} ${plot.top}V${plot.bottom}"/>`,
    );
  return [...faults, ...views].join('');
}

function figure(title: string, words: string, body: string, table: string): string {
  return (
    `<figure><figcaption>${title}</figcaption>` +
    `<svg viewBox="0 0 ${width} ${height}" role="img" ` +
    `aria-label="${escapeHtml(`${title}: ${words}`)}">` +
    `${body}</svg><p class="facts">${escapeHtml(words)}.</p>${table}</figure>`
  );
}

function emptyChart(title: string, words: string): string {
  return `<figure><figcaption>${title}</figcaption><p class="facts">${words}</p></figure>`;
}

/** The same numbers for those who cannot see the bars, or want to draw them anew. */
function binTable(bins: readonly Bin[], what: string, unit: string): string {
  const rows = bins
    .filter(({ issued, rejected }) => issued + rejected > 0)
    .map(({ from, to, issued, rejected }) => {
      const digits = Math.max(Math.ceil(-Math.log10(to - from)), 1);
      const range = `${from.toFixed(digits)} to ${to.toFixed(digits)}`;
      return `<tr><th scope="row">${range}</th><td>${issued}</td><td>${rejected}</td></tr>`;
    });
  return (
    `<details class="screen"><summary>As numbers</summary><table class="narrow"><thead><tr>` +
    `<th scope="col">${what} in ${unit}</th><th scope="col">issued</th>` +
    `<th scope="col">refused</th></tr></thead><tbody>${rows.join('')}</tbody></table></details>`
  );
}
