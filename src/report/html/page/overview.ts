import { colourOfKind } from '../model/colours.ts';
import { markTypes } from '../model/packed.ts';
import { CanvasPen, fitCanvas } from './canvas-pen.ts';
import type { Diagram } from './diagram.ts';
import { element, within } from './elements.ts';

const heightPx = 46;
const binPx = 3;

/** The whole run in a strip: how much was said when, what went wrong, and what is in view. */
export function addOverview(diagram: Diagram): void {
  const frame = element('overview', HTMLDivElement);
  const canvas = within(frame, 'canvas', HTMLCanvasElement);
  let counted: { readonly widthPx: number; readonly bins: Float64Array } | null = null;
  diagram.onChange(() => {
    const widthPx = Math.max(frame.clientWidth, 320);
    if (counted?.widthPx !== widthPx) counted = { widthPx, bins: countMessages(diagram, widthPx) };
    draw(diagram, canvas, widthPx, counted.bins);
  });
  const lookAtPointer = (event: PointerEvent): void => {
    const { fromUs, toUs } = diagram.layout.window;
    const share = event.offsetX / Math.max(frame.clientWidth, 1);
    const atUs = share * diagram.whole.toUs;
    const half = (toUs - fromUs) / 2;
    diagram.show({ fromUs: atUs - half, toUs: atUs + half });
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    lookAtPointer(event);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons === 1) lookAtPointer(event);
  });
}

/** By bin and kind, in the order bin, kind. */
function countMessages({ run, messages, whole }: Diagram, widthPx: number): Float64Array {
  const kinds = Math.max(run.kinds.length, 1);
  const bins = new Float64Array(Math.ceil(widthPx / binPx) * kinds);
  for (let i = 0; i < messages.count; i++) {
    const bin = Math.floor(((messages.atUs[i]! / whole.toUs) * widthPx) / binPx);
    bins[bin * kinds + messages.kind[i]!]!++;
  }
  return bins;
}

function draw(
  diagram: Diagram,
  canvas: HTMLCanvasElement,
  widthPx: number,
  bins: Float64Array,
): void {
  const context = fitCanvas(canvas, widthPx, heightPx);
  if (context === null) return;
  const { run, whole, layout, palette } = diagram;
  const pen = new CanvasPen(context, palette);
  const x = (atUs: number): number => (atUs / whole.toUs) * widthPx;
  const stretches = new Set<string>();
  for (const { type, fromUs, toUs } of run.bands) {
    const stretch = `${fromUs} ${toUs}`;
    if ((type !== 'partition' && type !== 'down') || stretches.has(stretch)) continue;
    // A partition has a band on every lane; here it is one.
    stretches.add(stretch);
    pen.rect('warn', x(fromUs), 0, Math.max(x(toUs) - x(fromUs), 1), heightPx, 0.16);
  }
  drawBins(pen, run.kinds, bins);
  for (const [atUs, , typeIndex] of run.marks) {
    const type = markTypes[typeIndex];
    if (type === 'view') pen.rect('viewChange', x(atUs), 0, 1.5, heightPx, 0.9);
    if (type === 'accused') pen.shape('diamond', 'bad', x(atUs), 6, 4);
    if (type === 'violation') pen.rect('bad', x(atUs), 0, 2, heightPx, 1);
  }
  const [from, to] = [x(layout.window.fromUs), x(layout.window.toUs)];
  pen.rect('accent', from, 0, Math.max(to - from, 2), heightPx, 0.18);
  const edges = [from, 0, from, heightPx, to, 0, to, heightPx];
  pen.lines('accent', edges, { widthPx: 2, alpha: 1, dashed: false });
}

function drawBins(pen: CanvasPen, kinds: readonly string[], bins: Float64Array): void {
  const count = kinds.length === 0 ? 0 : bins.length / kinds.length;
  const totals = Array.from({ length: count }, (_, bin) =>
    kinds.reduce((sum, _kind, k) => sum + bins[bin * kinds.length + k]!, 0),
  );
  const most = totals.reduce((max, total) => Math.max(max, total), 1);
  totals.forEach((total, bin) => {
    const full = Math.sqrt(total / most) * (heightPx - 10);
    let y = heightPx - 2;
    kinds.forEach((kind, k) => {
      const part = total === 0 ? 0 : (bins[bin * kinds.length + k]! / total) * full;
      if (part === 0) return;
      y -= part;
      pen.rect(colourOfKind(kind), bin * binPx, y, binPx - 0.5, part, 0.8);
    });
  });
}
