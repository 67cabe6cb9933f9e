import { readFile } from 'node:fs';
import { expect, test } from 'vitest';
import { systemTimers } from '../../src/runtime/system-timers.ts';

test('What waits for nothing comes at the end of the turn, before any timer', async () => {
  const came: string[] = [];
  await new Promise<void>((resolve) => {
    // Where input arrives, the end of the turn is next and timers come after it.
    readFile(import.meta.filename, () => {
      systemTimers.after(1, () => {
        came.push('a millisecond later');
        resolve();
      });
      systemTimers.after(0, () => came.push('end of the turn'));
      systemTimers.after(-1, () => came.push('overdue'));
      came.push('in the turn');
    });
  });
  expect(came).toEqual(['in the turn', 'end of the turn', 'overdue', 'a millisecond later']);
});

test('What was called off does not come, whenever it was due', async () => {
  const came: string[] = [];
  for (const delayMs of [0, 1]) systemTimers.after(delayMs, () => came.push(`${delayMs}`))();
  await new Promise<void>((resolve) => systemTimers.after(5, resolve));
  expect(came).toEqual([]);
});
