export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogConfig {
  readonly level: LogLevel;
  /** Absolute path of the file that lines are added to; null: stderr. */
  readonly file: string | null;
}
