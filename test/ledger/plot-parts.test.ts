import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { snapshotChunks } from '../../src/ledger/snapshot.ts';
import { stateKeys } from '../../src/ledger/state.ts';
import {
  buildLabelTree,
  type LabelTree,
  labelTreeRoot,
  openTogether,
} from '../../src/proofs/label-tree.ts';
import { labelAt, makePlot, makeRows } from '../../src/proofs/plot.ts';
import { registrationParts } from '../../src/proofs/registration.ts';
import { chainId, startMs } from '../proofs/fixtures.ts';
import {
  beaconEpochMs,
  genesis,
  holders,
  newLedger,
  options,
  order,
  outcome,
  run,
} from './fixtures.ts';

const [alice] = holders as [(typeof holders)[0]];

describe('a plot too large for one operation', () => {
  const size = { labels: 2048, scaleFactor: 16 };
  const plot = makePlot(alice.nodeId, size.labels, size.scaleFactor);
  const partsFor = (ledger: Ledger, firstSequence: number) => {
    const { beacon } = ledger;
    const context = { chainId, beacon, nodeId: alice.nodeId };
    const whole = makeRows(alice.nodeId, size.labels);
    const trees = whole.map((row) => buildLabelTree(row));
    const sources = whole.map((row, i) => ({
      root: toHex(labelTreeRoot(trees[i] as LabelTree)),
      open: (columns: readonly number[]) => ({
        opened: columns.map((column) => labelAt(row, column)),
        siblings: openTogether(trees[i] as LabelTree, columns),
      }),
    }));
    return registrationParts(context, size, sources).map((registration, i) =>
      order(firstSequence + i, { type: 'registerPlot', beacon, registration }),
    ) as [Uint8Array, Uint8Array, Uint8Array];
  };

  test.each([
    [0, 1, 2],
    [2, 0, 1],
    [1, 1, 0, 2],
  ])('stands once all parts are in, in the order %i %i %i', (...at) => {
    const ledger = newLedger();
    const parts = partsFor(ledger, 1);
    for (const part of at.slice(0, -1)) {
      expect(outcome(run(ledger, parts[part] as Uint8Array))).toBe('accepted');
      expect(ledger.plot(alice.nodeId)?.root).toBe(alice.plot.root);
    }
    const last = run(ledger, parts[at.at(-1) ?? 0] as Uint8Array);
    expect(last).toMatchObject({ type: 'registered', root: plot.root });
    expect(ledger.plot(alice.nodeId)).toMatchObject({ root: plot.root, ...size });
    expect(ledger.prove(stateKeys.registration(alice.nodeId))).toBeNull();
  });

  test('does not stand by parts that two beacons drew', () => {
    const ledger = newLedger();
    const [low, middle] = partsFor(ledger, 1);
    run(ledger, low);
    run(ledger, middle);
    ledger.execute(50, startMs + beaconEpochMs, []);
    const top = partsFor(ledger, 10)[2];
    expect(outcome(run(ledger, top))).toBe('accepted');
    expect(ledger.plot(alice.nodeId)?.root).toBe(alice.plot.root);
  });

  test('keeps the parts that are in over a state transfer', () => {
    const ledger = newLedger();
    const [low, middle, top] = partsFor(ledger, 1);
    run(ledger, low);
    run(ledger, middle);
    const chunks = snapshotChunks(ledger.snapshot());
    const restored = Ledger.restore(genesis, options, chunks, ledger.stateDigest);
    expect(restored && run(restored, top)).toMatchObject({ type: 'registered' });
  });
});
