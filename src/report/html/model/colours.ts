/**
 * Colours by what they stand for. Those of messages follow Okabe and Ito's palette, which people
 * with any kind of colour vision can tell apart; the dark ones are the same, lighter.
 */
export type Palette = Readonly<Record<string, string>>;

export const lightPalette: Palette = {
  paper: '#ffffff',
  panel: '#f6f7f9',
  ink: '#1b1f24',
  muted: '#57606a',
  rule: '#d5dae1',
  accent: '#0b5cad',
  good: '#1a7f37',
  bad: '#c0262d',
  warn: '#8a5a00',
  request: '#6b7280',
  prePrepare: '#0072b2',
  prepare: '#3a9ad9',
  commit: '#009e73',
  reply: '#9aa2ad',
  checkpoint: '#b0558c',
  complaint: '#b5683a',
  viewChange: '#d55e00',
  newView: '#c98500',
  status: '#c3c9d1',
  decided: '#5c7f1f',
  fetchState: '#8c5a2b',
  stateChunk: '#8c5a2b',
  other: '#7a6fb0',
  side0: '#0072b2',
  side1: '#d98200',
  side2: '#7a6fb0',
  side3: '#009e73',
};

export const darkPalette: Palette = {
  paper: '#0f1318',
  panel: '#171c23',
  ink: '#e6eaf0',
  muted: '#9aa5b3',
  rule: '#303843',
  accent: '#6cb2f5',
  good: '#4cc26a',
  bad: '#ff6b6b',
  warn: '#e3b04b',
  request: '#98a2b0',
  prePrepare: '#4aa8e8',
  prepare: '#8ccdf5',
  commit: '#2fd0a0',
  reply: '#77818e',
  checkpoint: '#e08abf',
  complaint: '#ffb48a',
  viewChange: '#ff8a3d',
  newView: '#f2c14e',
  status: '#4b5563',
  decided: '#a3c95a',
  fetchState: '#c99a6b',
  stateChunk: '#c99a6b',
  other: '#b0a6e6',
  side0: '#4aa8e8',
  side1: '#f2b04e',
  side2: '#b0a6e6',
  side3: '#2fd0a0',
};

/** The colour's name for a kind of message. */
export function colourOfKind(kind: string): string {
  return kind in lightPalette ? kind : 'other';
}
