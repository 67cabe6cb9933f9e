import type { Palette } from './colours.ts';
import { escapeHtml } from './escape.ts';
import type { LineStyle, Pen, Shape, TextStyle } from './pen.ts';
import { outlineOf } from './shapes.ts';

const round = (value: number): number => Math.round(value * 10) / 10;

/** Draws into SVG: for paper, and for who wants the picture in a paper. */
export class SvgPen implements Pen {
  private readonly palette: Palette;
  private readonly parts: string[] = [];
  private clips = 0;

  constructor(palette: Palette) {
    this.palette = palette;
  }

  /** The whole picture as one `svg` element. */
  finish(widthPx: number, heightPx: number, title: string): string {
    const size = `width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}"`;
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" ` +
      `font-family="system-ui, sans-serif"><title>${escapeHtml(title)}</title>` +
      `<rect width="100%" height="100%" fill="${this.colour('paper')}"/>` +
      `${this.parts.join('')}</svg>`
    );
  }

  lines(colour: string, segments: readonly number[], style: LineStyle): void {
    if (segments.length === 0) return;
    let path = '';
    for (let i = 0; i < segments.length; i += 4) {
      const [x1, y1, x2, y2] = segments.slice(i, i + 4).map(round);
      path += `M${x1} ${y1}L${x2} ${y2}`;
    }
    const dash = style.dashed ? ' stroke-dasharray="3 3"' : '';
    const stroke = `stroke="${this.colour(colour)}" stroke-width="${style.widthPx}"`;
    this.parts.push(`<path d="${path}" ${stroke} stroke-opacity="${style.alpha}"${dash}/>`);
  }

  triangles(colour: string, corners: readonly number[], alpha: number): void {
    if (corners.length === 0) return;
    let path = '';
    for (let i = 0; i < corners.length; i += 6) {
      const [x1, y1, x2, y2, x3, y3] = corners.slice(i, i + 6).map(round);
      path += `M${x1} ${y1}L${x2} ${y2}L${x3} ${y3}Z`;
    }
    this.parts.push(`<path d="${path}" fill="${this.colour(colour)}" fill-opacity="${alpha}"/>`);
  }

  rect(colour: string, x: number, y: number, width: number, height: number, alpha: number): void {
    const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}"`;
    const fill = `fill="${this.colour(colour)}" fill-opacity="${alpha}"`;
    this.parts.push(`<rect ${place} height="${round(height)}" ${fill}/>`);
  }

  shape(shape: Shape, colour: string, x: number, y: number, radius: number): void {
    const { points, isLine } = outlineOf(shape, x, y, radius);
    const ink = this.colour(colour);
    const look = isLine ? `fill="none" stroke="${ink}" stroke-width="2"` : `fill="${ink}"`;
    if (points === null) {
      this.parts.push(`<circle cx="${round(x)}" cy="${round(y)}" r="${radius}" ${look}/>`);
      return;
    }
    const paths = points.map(
      (line) => `M${line.map(([px, py]) => `${round(px)} ${round(py)}`).join('L')}`,
    );
    this.parts.push(`<path d="${paths.join('')}${isLine ? '' : 'Z'}" ${look}/>`);
  }

  text(colour: string, x: number, y: number, text: string, style: TextStyle): void {
    const anchor = { left: 'start', center: 'middle', right: 'end' }[style.align];
    const weight = style.bold ? ' font-weight="600"' : '';
    this.parts.push(
      `<text x="${round(x)}" y="${round(y)}" fill="${this.colour(colour)}" ` +
        `font-size="${style.sizePx}" text-anchor="${anchor}"${weight}>${escapeHtml(text)}</text>`,
    );
  }

  clipped(x: number, y: number, width: number, height: number, paint: () => void): void {
    const id = `clip-${++this.clips}`;
    const place = `x="${x}" y="${y}" width="${width}" height="${height}"`;
    this.parts.push(`<clipPath id="${id}"><rect ${place}/></clipPath><g clip-path="url(#${id})">`);
    paint();
    this.parts.push('</g>');
  }

  private colour(name: string): string {
    return this.palette[name] ?? '#000000';
  }
}
