import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Places in the queue: a mutant dies of the first test that notices, so quick ones come first. */
const queue = [/transcripts/, /(?<!property|replica)\.test/, /replica\.test/, /property/];

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => queue.findIndex((w) => w.test(moduleId));
    return [...files].sort((a, b) => place(a) - place(b));
  }
}

/** The tests that StrykerJS sends after a mutant: those of the two rooms, one after the other. */
export default defineConfig({
  test: {
    include: ['test/{pbft,proofs}/*.test.ts'],
    testTimeout: 240_000,
    sequence: { sequencer: QuickFirst },
    // Nobody reads a mutant's counterexample: fast-check need not shrink it.
    env: { HUNTING: '1' },
  },
});
