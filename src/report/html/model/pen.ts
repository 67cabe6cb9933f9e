/** What the diagram is drawn with: a canvas on the screen, SVG on paper, a counter in tests. */
export interface Pen {
  /** Separate segments `x1 y1 x2 y2 …`. `colour` is a name of the palette, here and below. */
  lines(colour: string, segments: readonly number[], style: LineStyle): void;
  /** Filled triangles, six coordinates each. */
  triangles(colour: string, corners: readonly number[], alpha: number): void;
  rect(colour: string, x: number, y: number, width: number, height: number, alpha: number): void;
  shape(shape: Shape, colour: string, x: number, y: number, radius: number): void;
  text(colour: string, x: number, y: number, text: string, style: TextStyle): void;
  /** Only what lies within the rectangle is drawn by `paint`. */
  clipped(x: number, y: number, width: number, height: number, paint: () => void): void;
}

export interface LineStyle {
  readonly widthPx: number;
  readonly alpha: number;
  readonly dashed: boolean;
}

export interface TextStyle {
  readonly sizePx: number;
  readonly align: 'left' | 'center' | 'right';
  readonly bold: boolean;
}

export type Shape = 'dot' | 'square' | 'diamond' | 'cross' | 'down' | 'ring';
