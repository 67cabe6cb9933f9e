import { Stage } from './stage.ts';

/**
 * Golden transcripts: what a cluster says and does, written down and read by people. A file is a
 * list of scenes between blank lines: lines of `#` prose, one command, `----`, and what the command
 * led to. `stage.ts` explains the commands. The tests play each file and compare.
 *
 * `REWRITE=1 npm test` writes down what happens instead of comparing. Read the diff: commit only
 * what you can explain.
 */
export interface Scene {
  readonly prose: readonly string[];
  /** null in a scene that is prose alone. */
  readonly command: string | null;
  readonly output: readonly string[];
}

const separator = '----';

/** Splits a file into scenes. A line that fits nowhere is an error that names it. */
export function parseTranscript(text: string): Scene[] {
  const scenes: Scene[] = [];
  let lines: { text: string; number: number }[] = [];
  const close = () => {
    if (lines.length > 0) scenes.push(parseScene(lines));
    lines = [];
  };
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') close();
    else lines.push({ text: line, number: i + 1 });
  }
  close();
  return scenes;
}

function parseScene(lines: readonly { text: string; number: number }[]): Scene {
  const rest = [...lines];
  const prose: string[] = [];
  while (rest[0]?.text.startsWith('#')) prose.push(rest.shift()?.text ?? '');
  const command = rest.shift();
  if (command === undefined) return { prose, command: null, output: [] };
  const line = rest.shift();
  if (line !== undefined && line.text !== separator) {
    throw new Error(`line ${line.number}: ${separator} belongs between command and output`);
  }
  return { prose, command: command.text, output: rest.map(({ text }) => text) };
}

/** Plays a transcript from its beginning; the same scenes, with what really happened. */
export function play(scenes: readonly Scene[]): Scene[] {
  const stage = new Stage();
  return scenes.map((scene) => {
    if (scene.command === null) return scene;
    try {
      return { ...scene, output: stage.play(scene.command) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`at "${scene.command}": ${reason}`, { cause: error });
    }
  });
}

export function formatTranscript(scenes: readonly Scene[]): string {
  const blocks = scenes.map(({ prose, command, output }) =>
    [...prose, ...(command === null ? [] : [command, separator, ...output])].join('\n'),
  );
  return `${blocks.join('\n\n')}\n`;
}
