import { setFlagsFromString } from 'node:v8';

/** An option of V8 that the processes of this program run with. */
export interface EngineSetting {
  readonly flag: string;
  /** The first V8 that knows it: an older one would complain on standard error. */
  readonly since: readonly [major: number, minor: number];
}

/**
 * - External memory counts like the rest of the heap. By default V8 begins a full collection
 *   whenever what array buffers hold outside the heap grew by 64 MiB since the last one, however
 *   large the heap is and however much of that the next scavenge would free. A node's work is
 *   bytes: frames, requests, hashes. A busy replica collected its whole heap every two seconds
 *   for that reason alone, and spent a fifth of its CPU on it.
 */
export const engineSettings: readonly EngineSetting[] = [
  { flag: '--external-memory-accounted-in-global-limit', since: [13, 6] },
];

/**
 * For the first lines of a process. V8 reads these options whenever it needs them, so they may come
 * after its start; and one that a later V8 has dropped does not keep the process from starting, as
 * it would on a command line.
 */
export function tuneEngine(): void {
  for (const { flag } of settingsFor(process.execArgv, process.versions.v8)) {
    setFlagsFromString(flag);
  }
}

/** What the command line says already, with or without `no`, has its way. */
export function settingsFor(
  commandLine: readonly string[],
  version: string,
): readonly EngineSetting[] {
  const given = new Set(commandLine.map(nameOf));
  return engineSettings.filter(({ flag, since }) => {
    return isSince(since, version) && !given.has(nameOf(flag));
  });
}

/** Of a command line what overrides a setting, for the processes that this one starts. */
export function overridesIn(commandLine: readonly string[]): readonly string[] {
  const names = new Set(engineSettings.map(({ flag }) => nameOf(flag)));
  return commandLine.filter((option) => names.has(nameOf(option)));
}

function isSince([sinceMajor, sinceMinor]: EngineSetting['since'], version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > sinceMajor || (major === sinceMajor && minor >= sinceMinor);
}

/** Of an option as V8 reads it: `--no_x=1`, `--no-x` and `--x` are about one thing. */
function nameOf(option: string): string {
  const [name = ''] = option.replaceAll('_', '-').split('=');
  return name.replace(/^--(no-?)?/, '');
}
