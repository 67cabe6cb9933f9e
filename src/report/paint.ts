import { styleText } from 'node:util';

export type Style = 'good' | 'bad' | 'warn' | 'faint' | 'strong';

const formats = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  faint: 'dim',
  strong: 'bold',
} as const;

/** Colours a text, or leaves it alone: decided once, where the terminal is known. */
export type Paint = (style: Style, text: string) => string;

export function makePaint(colour: boolean): Paint {
  if (!colour) return (_, text) => text;
  // The caller has looked at the terminal; styleText would look at one of its own choosing.
  return (style, text) => styleText(formats[style], text, { validateStream: false });
}
