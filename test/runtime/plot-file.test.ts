import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePlot } from '../../src/proofs/plot.ts';
import { registrationFault, registrationParts } from '../../src/proofs/registration.ts';
import { makeSpace, openingsHold } from '../../src/proofs/space.ts';
import { type MakePlotOptions, makePlotFile } from '../../src/runtime/make-plot-file.ts';
import {
  headerBytes,
  openPlotFile,
  PlotFileError,
  registrationSources,
  rowsPath,
  storedPlot,
} from '../../src/runtime/plot-file.ts';
import { beacon, chainId, flip, testNode } from '../proofs/fixtures.ts';

const { nodeId } = testNode(1);
const labels = 32_768;
const directory = mkdtempSync(join(tmpdir(), 'hypermesh-plot-'));
const path = join(directory, 'plot');
const plot = makePlot(nodeId, labels, 3);
let fileNumber = 0;
/** A file with these bytes. */
function fileOf(bytes: Uint8Array): string {
  const one = join(directory, `changed-${fileNumber++}`);
  writeFileSync(one, bytes);
  return one;
}

function make(changes: Partial<MakePlotOptions> = {}) {
  return makePlotFile({
    path,
    nodeId,
    labels,
    scaleFactor: 3,
    blockLabels: 8192,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...changes,
  });
}

beforeAll(async () => {
  await make();
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('a plot file', () => {
  it('holds the plot, and gives the proofs that it gives from memory', () => {
    const file = openPlotFile(path);
    const stored = storedPlot(path, file);
    expect(stored).toMatchObject({ nodeId, labels, scaleFactor: 3, root: plot.root });
    const context = new Uint8Array(32).fill(7);
    const proof = makeSpace(stored, context);
    file.close();
    expect(proof).toEqual(makeSpace(plot, context));
    expect(openingsHold(proof, context)).toBe(true);
  });

  it('is registered with the file of its lower rows beside it', () => {
    const files = [openPlotFile(path), openPlotFile(rowsPath(path))];
    const context = { chainId, beacon, nodeId };
    const size = { labels, scaleFactor: 3 };
    const parts = registrationParts(context, size, registrationSources(files));
    expect(parts.map((part) => registrationFault(part, context))).toEqual([null, null, null]);
    for (const one of files) one.close();
    expect(() => registrationSources(files.slice(0, 1))).toThrow('row 0 of the plot is in no file');
    expect(() => storedPlot('x.rows', files[1] as never)).toThrow(
      'x.rows: holds the lower rows of a plot, not the plot',
    );
  });

  it('is not registered with the lower rows of another plot', async () => {
    const other = join(directory, 'other');
    await make({ path: other, nodeId: testNode(2).nodeId, labels: 1024, blockLabels: 1024 });
    const files = [openPlotFile(path), openPlotFile(rowsPath(other))];
    expect(() => registrationSources(files)).toThrow('in no file');
    for (const one of files) one.close();
  });

  const whole = () => readFileSync(path);
  it.each<[string, () => Uint8Array, string]>([
    ['nothing in it', () => new Uint8Array(), 'not a plot file (too short)'],
    ['something else in it', () => new Uint8Array(10_000).fill(9), 'not a plot file'],
    ['its header changed', () => flip(whole(), 22), 'its header does not add up'],
    ['a header never written', () => whole().fill(0, 0, headerBytes), 'not a plot file'],
    ['its end missing', () => whole().subarray(0, -32), 'where its header says'],
    ['a byte too many', () => Buffer.concat([whole(), Buffer.from([0])]), 'where its header says'],
    ['its tree changed', () => flip(whole(), whole().length - 5), 'does not give its root'],
  ])('with %s is refused, by name', (_, bytes, reason) => {
    const changed = fileOf(bytes());
    expect(() => openPlotFile(changed)).toThrow(PlotFileError);
    expect(() => openPlotFile(changed)).toThrow(`${changed}: `);
    expect(() => openPlotFile(changed)).toThrow(reason);
  });

  it('cut short after it was opened tells so instead of opening what is not there', () => {
    const cut = fileOf(whole());
    const file = openPlotFile(cut);
    const stored = storedPlot(cut, file);
    truncateSync(cut, headerBytes);
    expect(() => makeSpace(stored, new Uint8Array(32))).toThrow('bytes early');
    file.close();
  });
});

describe('making a plot file', () => {
  it('leaves nothing when it is aborted, at whatever point', async () => {
    for (const after of [1, 5, 12]) {
      const stop = new AbortController();
      let steps = 0;
      const onProgress = (): void => {
        if (++steps === after) stop.abort();
      };
      const aborted = join(directory, `aborted-${after}`);
      expect(await make({ path: aborted, signal: stop.signal, onProgress })).toBeNull();
      expect(steps).toBe(after);
    }
    expect(readdirSync(directory).filter((name) => name.startsWith('aborted'))).toEqual([]);
  });

  it('touches nothing of a run that is at work on the same file', async () => {
    const busy = join(directory, 'busy');
    writeFileSync(`${busy}.part`, 'theirs');
    await expect(make({ path: busy })).rejects.toThrow('EEXIST');
    expect(readFileSync(`${busy}.part`, 'utf8')).toBe('theirs');
    expect(readdirSync(directory)).not.toContain('busy.rows.part');
  });
});
