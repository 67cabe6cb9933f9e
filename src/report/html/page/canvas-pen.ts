import type { Palette } from '../model/colours.ts';
import type { LineStyle, Pen, Shape, TextStyle } from '../model/pen.ts';
import { outlineOf } from '../model/shapes.ts';

const fonts = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

/** Draws on a canvas, in CSS pixels. */
export class CanvasPen implements Pen {
  private readonly context: CanvasRenderingContext2D;
  private readonly palette: Palette;

  constructor(context: CanvasRenderingContext2D, palette: Palette) {
    this.context = context;
    this.palette = palette;
  }

  lines(colour: string, segments: readonly number[], style: LineStyle): void {
    if (segments.length === 0) return;
    const { context } = this;
    context.globalAlpha = style.alpha;
    context.strokeStyle = this.colour(colour);
    context.lineWidth = style.widthPx;
    context.setLineDash(style.dashed ? [3, 3] : []);
    context.beginPath();
    for (let i = 0; i < segments.length; i += 4) {
      context.moveTo(segments[i]!, segments[i + 1]!);
      context.lineTo(segments[i + 2]!, segments[i + 3]!);
    }
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  triangles(colour: string, corners: readonly number[], alpha: number): void {
    const { context } = this;
    context.globalAlpha = alpha;
    context.fillStyle = this.colour(colour);
    context.beginPath();
    for (let i = 0; i < corners.length; i += 6) {
      context.moveTo(corners[i]!, corners[i + 1]!);
      context.lineTo(corners[i + 2]!, corners[i + 3]!);
      context.lineTo(corners[i + 4]!, corners[i + 5]!);
      context.closePath();
    }
    context.fill();
    context.globalAlpha = 1;
  }

  rect(colour: string, x: number, y: number, width: number, height: number, alpha: number): void {
    const { context } = this;
    context.globalAlpha = alpha;
    context.fillStyle = this.colour(colour);
    context.fillRect(x, y, width, height);
    context.globalAlpha = 1;
  }

  shape(shape: Shape, colour: string, x: number, y: number, radius: number): void {
    const { context } = this;
    const { points, isLine } = outlineOf(shape, x, y, radius);
    context.beginPath();
    if (points === null) context.arc(x, y, radius, 0, 2 * Math.PI);
    for (const line of points ?? []) {
      line.forEach(([px, py], i) => {
        if (i === 0) context.moveTo(px, py);
        else context.lineTo(px, py);
      });
      if (!isLine) context.closePath();
    }
    if (isLine) {
      context.strokeStyle = this.colour(colour);
      context.lineWidth = 2;
      context.stroke();
    } else {
      context.fillStyle = this.colour(colour);
      context.fill();
    }
  }

  text(colour: string, x: number, y: number, text: string, style: TextStyle): void {
    const { context } = this;
    context.font = `${style.bold ? '600 ' : ''}${style.sizePx}px ${fonts}`;
    context.textAlign = style.align;
    context.fillStyle = this.colour(colour);
    context.fillText(text, x, y);
  }

  clipped(x: number, y: number, width: number, height: number, paint: () => void): void {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    paint();
    context.restore();
  }

  private colour(name: string): string {
    return this.palette[name] ?? '#000000';
  }
}

/** Makes the canvas as wide as it stands in the page and clears it. Null where there is no 2D. */
export function fitCanvas(
  canvas: HTMLCanvasElement,
  widthPx: number,
  heightPx: number,
): CanvasRenderingContext2D | null {
  const ratio = Math.min(devicePixelRatio || 1, 3);
  canvas.width = Math.round(widthPx * ratio);
  canvas.height = Math.round(heightPx * ratio);
  canvas.style.height = `${heightPx}px`;
  const context = canvas.getContext('2d');
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}
