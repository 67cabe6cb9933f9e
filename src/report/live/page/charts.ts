import { element } from '../../html/page/elements.ts';
import { type Answered, axisEnd, historyMs, ratesOf } from '../model/history.ts';
import { showMs } from '../model/words.ts';

const width = 600;
const height = 130;
const plot = { left: 46, right: width - 8, top: 10, bottom: height - 22 };

/** Throughput and latency of the last two minutes, with trouble as dashed lines through both. */
export function showCharts(
  answers: readonly Answered[],
  trouble: readonly number[],
  nowMs: number,
): void {
  const x = (atMs: number) =>
    plot.left + ((atMs - nowMs + historyMs) / historyMs) * (plot.right - plot.left);
  const marks = trouble
    .map((atMs) => `<path class="trouble" d="M${x(atMs).toFixed(1)} ${plot.top}V${plot.bottom}"/>`)
    .join('');
  element('charts', HTMLDivElement).innerHTML =
    throughput(answers, nowMs, x, marks) + latency(answers, x, marks);
}

type ToX = (atMs: number) => number;

function throughput(answers: readonly Answered[], nowMs: number, x: ToX, marks: string): string {
  const rates = ratesOf(answers, nowMs);
  const most = axisEnd(Math.max(...rates.map(({ perSecond }) => perSecond), 1));
  const points = rates.map(({ fromMs, perSecond }) => {
    const at = Math.max(x(fromMs), plot.left).toFixed(1);
    return `${at} ${(plot.bottom - (perSecond / most) * (plot.bottom - plot.top)).toFixed(1)}`;
  });
  const line = `M${points.join('L')}`;
  const area = `${line}V${plot.bottom}H${plot.left}Z`;
  const body = `<path class="area" d="${area}"/><path class="line" d="${line}"/>`;
  const now = rates.at(-1)?.perSecond ?? 0;
  return figure(
    'Answers a second',
    `${now.toFixed(1)} a second now`,
    axis(most, String) + body + marks,
  );
}

function latency(answers: readonly Answered[], x: ToX, marks: string): string {
  const longest = axisEnd(Math.max(...answers.map(({ latencyMs }) => latencyMs), 1));
  const dots = answers.map(({ atMs, latencyMs, refused }) => {
    const y = plot.bottom - (latencyMs / longest) * (plot.bottom - plot.top);
    const look = refused ? ' class="refused"' : '';
    return `<circle${look} cx="${x(atMs).toFixed(1)}" cy="${y.toFixed(1)}" r="2"/>`;
  });
  const words = `${answers.length} answers, the longest within ${showMs(longest)}`;
  return figure('Latency of each answer', words, axis(longest, showMs) + dots.join('') + marks);
}

function axis(most: number, label: (value: number) => string): string {
  return [0, most]
    .map((value) => {
      const y = plot.bottom - (value / most) * (plot.bottom - plot.top);
      return (
        `<path class="axis" d="M${plot.left} ${y}H${plot.right}"/>` +
        `<text x="${plot.left - 6}" y="${y + 4}" text-anchor="end">${label(value)}</text>`
      );
    })
    .join('');
}

function figure(title: string, words: string, body: string): string {
  return (
    `<figure><figcaption>${title}</figcaption><svg viewBox="0 0 ${width} ${height}" role="img" ` +
    `aria-label="${title}: ${words}">${body}` +
    `<text x="${plot.left}" y="${height - 6}">2 min ago</text>` +
    `<text x="${plot.right}" y="${height - 6}" text-anchor="end">now</text></svg></figure>`
  );
}
