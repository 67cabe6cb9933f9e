/**
 * Why a process does not start or cannot go on, in words for the person who started it:
 * `badInput`: a file, directory or key is not what it must be.
 * `mismatch`: what was asked for does not fit what the directory holds.
 * `locked`: another process has the directory.
 * `unavailable`: the machine refuses: a port is taken, the disk cannot be written.
 */
export type DaemonRefusalCode = 'badInput' | 'mismatch' | 'locked' | 'unavailable';

export class DaemonRefusal extends Error {
  override name = 'DaemonRefusal';
  readonly code: DaemonRefusalCode;

  constructor(code: DaemonRefusalCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
