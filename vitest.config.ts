import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores are what a small machine has; the cluster tests start processes of their own.
    maxWorkers: 2,
    // Generous: a test that hangs must end, a test on a busy machine must not fail for it.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    passWithNoTests: false,
  },
});
