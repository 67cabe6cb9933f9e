import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { allMutants } from '../../scripts/mutants/all.ts';
import { plant } from '../../scripts/mutants/mutant.ts';

const source = new URL('../../src/pbft/', import.meta.url);

it.each(allMutants.map((mutant) => [mutant.name, mutant] as const))(
  'the bug %s can still be planted in the sources',
  (_, mutant) => {
    const text = readFileSync(new URL(mutant.file, source), 'utf8');
    expect(plant(text, mutant)).not.toBe(text);
  },
);

it('no two planted bugs have one name', () => {
  expect(new Set(allMutants.map(({ name }) => name)).size).toBe(allMutants.length);
});
