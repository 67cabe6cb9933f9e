import { describe, expect, it } from 'vitest';
import { showBytes, showMs, showReplicas } from '../../src/report/quantities.ts';
import { formatTable } from '../../src/report/table.ts';

describe('a table', () => {
  it('aligns its columns and ends no line in a space', () => {
    const columns = [{ title: 'a' }, { title: 'count', align: 'right' as const }, { title: 'b' }];
    expect(
      formatTable(columns, [
        ['x', '10', 'long'],
        ['yy', '5', ''],
      ]),
    ).toEqual(['a   count  b', 'x      10  long', 'yy      5']);
  });

  it('goes on in the next line where it is too narrow, widest column first', () => {
    const rows = [['keep', 'these words wrap', 'ok']];
    const columns = [{ title: 'a' }, { title: 'b' }, { title: 'c' }];
    expect(formatTable(columns, rows, 21)).toEqual([
      'a     b            c',
      'keep  these words  ok',
      '      wrap',
    ]);
  });

  it('keeps what stands on the right whole, and breaks a long word for it', () => {
    const columns = [{ title: 'name' }, { title: 'p90', align: 'right' as const }];
    expect(formatTable(columns, [['abcdefghijklmnopqrst', '25 ms']], 20)).toEqual([
      'name             p90',
      'abcdefghijklm  25 ms',
      'nopqrst',
    ]);
  });

  it('breaks words only when nothing else helps', () => {
    const rows = [['abcdefghijklmnopqrst', 'one two three']];
    expect(formatTable([{ title: 'a' }, { title: 'b' }], rows, 18)).toEqual([
      'a            b',
      'abcdefghijk  one',
      'lmnopqrst    two',
      '             three',
    ]);
  });
});

describe('quantities for people', () => {
  it.each([
    [0, '0 ms'],
    [3.26, '3.3 ms'],
    [412.4, '412 ms'],
    [14_312, '14.3 s'],
    [125_000, '2 min 5 s'],
  ])('%d milliseconds are %s', (ms, text) => expect(showMs(ms)).toBe(text));

  it.each([
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [8_000_000, '7.6 MiB'],
  ])('%d bytes are %s', (bytes, text) => expect(showBytes(bytes)).toBe(text));

  it.each([
    [[], 'no replica'],
    [[0], 'replica 0'],
    [[1, 2], 'replicas 1 and 2'],
    [[1, 2, 3], 'replicas 1, 2 and 3'],
  ])('%j are %s', (indices, text) => expect(showReplicas(indices)).toBe(text));
});
