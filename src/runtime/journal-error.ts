/**
 * What can go wrong with a journal:
 * `JOURNAL_CORRUPT`: an entry is damaged, cut short or missing; the replica must not vote from it.
 * `JOURNAL_LOCKED`: another process has it open.
 * `JOURNAL_IO`: the disk refused; what was not confirmed may or may not be there.
 * `JOURNAL_CLOSED`: written to after `close`.
 */
export type JournalErrorCode =
  | 'JOURNAL_CORRUPT'
  | 'JOURNAL_LOCKED'
  | 'JOURNAL_IO'
  | 'JOURNAL_CLOSED';

export class JournalError extends Error {
  override name = 'JournalError';
  readonly code: JournalErrorCode;

  constructor(code: JournalErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
