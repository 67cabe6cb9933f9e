import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatTranscript, parseTranscript, play, type Scene } from './transcript.ts';

const folder = new URL('./transcripts/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
const rewrite = process.env.REWRITE === '1';

/** The first sentence of a transcript is its title. */
function titleOf(scenes: readonly Scene[]): string {
  const prose = scenes[0]?.prose.map((line) => line.replace(/^#\s*/, '')).join(' ') ?? '';
  return prose.split(/(?<=\.)\s/)[0] ?? prose;
}

describe('transcripts', () => {
  for (const name of names.sort()) {
    const file = new URL(name, folder);
    const recorded = readFileSync(file, 'utf8');
    const scenes = parseTranscript(recorded);
    it(`${name}: ${titleOf(scenes)}`, () => {
      const played = formatTranscript(play(scenes));
      if (rewrite) writeFileSync(file, played);
      else expect(played).toBe(recorded);
    });
  }

  it('begin with prose that cites the paper', () => {
    expect(names.length).toBeGreaterThanOrEqual(30);
    for (const name of names) {
      const [first] = parseTranscript(readFileSync(new URL(name, folder), 'utf8'));
      expect(first?.prose.join(' '), name).toMatch(/§\d/);
    }
  });
});
