import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MarkedJournal } from '../../src/daemon/marked-journal.ts';
import type { Journal } from '../../src/runtime/ports.ts';
import { temporaryDirectory } from './directories.ts';

const write = { puts: [], deletes: [] };

/** A journal whose one write is confirmed when the test says so. */
function slowJournal() {
  let confirm: (error: Error | null) => void = () => undefined;
  const journal: Journal = {
    load: (done) => done(null, []),
    write: (_, done) => {
      confirm = done;
    },
  };
  return { journal, confirm: (error: Error | null) => confirm(error) };
}

test('that a node took part is on disk before anyone hears that its first write is', () => {
  const mark = join(temporaryDirectory(), 'mark');
  const { journal, confirm } = slowJournal();
  const marked = new MarkedJournal(journal, mark);
  expect(marked.ranBefore).toBe(false);
  const heard: boolean[] = [];
  marked.write(write, () => heard.push(existsSync(mark)));
  expect(existsSync(mark)).toBe(false);
  confirm(null);
  expect(heard).toEqual([true]);
  expect(new MarkedJournal(journal, mark).ranBefore).toBe(true);
});

test('a write that failed leaves no mark: nobody has taken part', () => {
  const mark = join(temporaryDirectory(), 'mark');
  const { journal, confirm } = slowJournal();
  const errors: (Error | null)[] = [];
  new MarkedJournal(journal, mark).write(write, (error) => errors.push(error));
  confirm(new Error('disk full'));
  expect(errors).toEqual([new Error('disk full')]);
  expect(existsSync(mark)).toBe(false);
});

test('a mark that cannot be made is a failed write: a vote must not go out without it', () => {
  const mark = join(temporaryDirectory(), 'mark');
  const { journal, confirm } = slowJournal();
  const marked = new MarkedJournal(journal, mark);
  mkdirSync(mark);
  const errors: (Error | null)[] = [];
  marked.write(write, (error) => errors.push(error));
  confirm(null);
  expect(String(errors[0])).toContain('EISDIR');
});
