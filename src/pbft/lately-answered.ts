import { equalBytes } from '../base/bytes.ts';
import { Reader } from '../base/codec.ts';
import type { Answer } from './messages.ts';

/**
 * Answers of replies read lately, newest first. Every replica sends a client the same answers under
 * a vote of its own, so what the first one said need not be taken apart again for the others: of
 * its paths alone each answer has a view for every level of the tree.
 */
const lately: { readonly bytes: Uint8Array; readonly answers: readonly Answer[] }[] = [];
/** As many batches as are answered at the same time. Each keeps a frame alive. */
const maxLately = 8;

/** All that is left of a reply: its answers, read by `read` unless the same bytes were lately. */
export function readAsAnswered(
  reader: Reader,
  read: (reader: Reader) => readonly Answer[],
): readonly Answer[] {
  const bytes = reader.fixed(reader.remaining, 'answers');
  for (const known of lately) if (equalBytes(known.bytes, bytes)) return known.answers;
  const inside = new Reader(bytes);
  const answers = read(inside);
  if (inside.remaining > 0) reader.fail(`${inside.remaining} bytes too many`);
  lately.unshift({ bytes, answers });
  if (lately.length > maxLately) lately.pop();
  return answers;
}
