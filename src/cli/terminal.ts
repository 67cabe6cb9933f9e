/** The two streams a command writes to, and what is known about the reader. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Everything else. */
  err(text: string): void;
  readonly colourOut: boolean;
  readonly colourErr: boolean;
  /** Whether stderr is a terminal: only then a progress line is drawn. */
  readonly showsProgress: boolean;
  /** How wide that terminal is now. */
  readonly columns: number;
  /** Whether stack traces are asked for. */
  readonly debug: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function processTerminal(): Terminal {
  const { env, stdout, stderr } = process;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    colourOut: stdout.isTTY === true && wantsColour(env),
    colourErr: stderr.isTTY === true && wantsColour(env),
    showsProgress: stderr.isTTY === true && env.TERM !== 'dumb',
    get columns() {
      return stderr.columns || 80; // 0 where a terminal does not say
    },
    debug: isSet(env.HYPERMESH_DEBUG),
  };
}

/** no-color.org: any value but the empty one turns colour off. */
function wantsColour(env: Environment): boolean {
  return !isSet(env.NO_COLOR) && env.TERM !== 'dumb';
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
