import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { JournalError } from './journal-error.ts';
import { LevelJournal } from './level-journal.ts';
import { type Meter, noMeter } from './meter.ts';

/** A journal that was read to its end before anybody relies on it. */
export interface SoundJournal {
  readonly journal: LevelJournal;
  /** Not null: the one found here was damaged, and this one is empty. */
  readonly damaged: { readonly reason: string; readonly movedTo: string } | null;
}

/** A disk that damages more of them than this is one to replace, not to write to. */
const maxKeptAside = 8;

/**
 * Opens and reads the journal in the directory `path`. One that is damaged, by any of its
 * checksums, is moved aside whole to `path.damaged-N`, for whoever wants to know, and an empty one
 * takes its place: its replica must not vote from what it says, and counts as one that lost its
 * disk. Fails with a {@link JournalError} of `JOURNAL_LOCKED` or `JOURNAL_IO`, and of
 * `JOURNAL_CORRUPT` when eight are aside already.
 */
export async function openSoundJournal(
  path: string,
  meter: Meter = noMeter,
): Promise<SoundJournal> {
  try {
    return { journal: await openAndRead(path, meter), damaged: null };
  } catch (error) {
    if (!(error instanceof JournalError) || error.code !== 'JOURNAL_CORRUPT') throw error;
    const movedTo = placeAside(path);
    if (movedTo === null) throw error;
    await rename(path, movedTo);
    const journal = await openAndRead(path, meter);
    return { journal, damaged: { reason: error.message, movedTo } };
  }
}

async function openAndRead(path: string, meter: Meter): Promise<LevelJournal> {
  const journal = await LevelJournal.open(path, meter);
  await journal.readAhead();
  return journal;
}

function placeAside(path: string): string | null {
  for (let number = 1; number <= maxKeptAside; number++) {
    const place = `${path}.damaged-${number}`;
    if (!existsSync(place)) return place;
  }
  return null;
}
