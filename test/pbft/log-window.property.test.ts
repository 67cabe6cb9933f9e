import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idealScheme } from '../../src/base/ideal-signature.ts';
import { TestCluster } from './cluster.ts';

fc.configureGlobal({ seed: 1999, endOnFailure: process.env.HUNTING === '1' });

describe('the log window', () => {
  it('never moves back, and holds all that a replica keeps (§4.2, §4.3)', () => {
    const window = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(
        window,
        fc.integer({ min: 1, max: 20 }),
        fc.infiniteStream(fc.nat(99)),
        (w, batches, chance) => {
          const [checkpointInterval, factor] = w;
          const logWindow = checkpointInterval * factor;
          const cluster = new TestCluster(4, { checkpointInterval, logWindow }, idealScheme);
          const lows = [0, 0, 0, 0];
          cluster.onEffect = ({ index, replica }) => {
            const { stable, slots, batches: kept } = replica.state;
            const low = stable?.statement.sequence ?? 0;
            expect(low).toBeGreaterThanOrEqual(lows[index] ?? 0);
            expect(low % checkpointInterval).toBe(0);
            lows[index] = low;
            for (const sequence of slots.keys()) {
              expect(sequence).toBeLessThanOrEqual(low + logWindow);
            }
            // Batches of the window, and of headers that newer views put in their place.
            expect(kept.size).toBeLessThanOrEqual(2 * logWindow);
          };
          for (let i = 0; i < batches; i++) {
            cluster.request(`r${i}`);
            cluster.settle(() => chance.next().value >= 10);
            if (i % 5 === 4) cluster.pass(1000);
          }
          cluster.pass(20_000);
          for (const { replica } of cluster.members) {
            const { stable, slots, lastExecuted } = replica.state;
            const low = stable?.statement.sequence ?? 0;
            expect(lastExecuted - low).toBeLessThanOrEqual(logWindow);
            for (const sequence of slots.keys()) expect(sequence).toBeGreaterThan(low);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});
