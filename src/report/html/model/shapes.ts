import type { Shape } from './pen.ts';

export interface Outline {
  /** Corners of each line; null stands for a circle. */
  readonly points: readonly (readonly (readonly [number, number])[])[] | null;
  /** Drawn as lines, not filled. */
  readonly isLine: boolean;
}

/** How a mark looks, the same on screen and on paper. */
export function outlineOf(shape: Shape, x: number, y: number, r: number): Outline {
  switch (shape) {
    case 'dot':
      return { points: null, isLine: false };
    case 'ring':
      return { points: null, isLine: true };
    case 'square':
      return filled([x - r, y - r], [x + r, y - r], [x + r, y + r], [x - r, y + r]);
    case 'diamond':
      return filled([x, y - r], [x + r, y], [x, y + r], [x - r, y]);
    case 'down':
      return filled([x - r, y - r], [x + r, y - r], [x, y + r]);
    case 'cross': {
      const down = [
        [x - r, y - r],
        [x + r, y + r],
      ] as const;
      const up = [
        [x - r, y + r],
        [x + r, y - r],
      ] as const;
      return { points: [down, up], isLine: true };
    }
  }
}

function filled(...corners: readonly (readonly [number, number])[]): Outline {
  return { points: [corners], isLine: false };
}
