import type { Equivalent } from './equivalent.ts';

/** Mutants of `src/proofs` that behave as the original does. */
export const proofsEquivalents: readonly Equivalent[] = [
  {
    file: 'proofs/context.ts',
    line: 'const isPower = below > 0 && below <= 2 ** 32 && Number.isInteger(Math.log2(below));',
    why: 'for the assertion below, which states what cannot happen',
  },
  {
    file: 'proofs/context.ts',
    line: 'while (at > 0 && (ascending[at - 1] as number) > value) at--;',
    text: 'at > 0',
    why: 'what lies before the first is undefined, which is not larger',
  },
  {
    file: 'proofs/context.ts',
    line: 'if (at === 0 || ascending[at - 1] !== value) ascending.splice(at, 0, value);',
    text: 'at === 0',
    replacement: 'false',
    why: 'what lies before the first is undefined, which is not the value',
  },
  {
    file: 'proofs/plot.ts',
    line: 'const writer = new Writer(37 + parents.length * labelBytes).fixed(seed)',
    why: 'room to begin with: it grows',
  },
  {
    file: 'proofs/plot.ts',
    line: 'for (let column = 0; column < labels; column++) {',
    replacement: 'column <= labels',
    why: 'nothing is written beyond the end of an array of words',
  },
  {
    file: 'proofs/plot-builder.ts',
    line: 'for (let i = 0; i < this.size; i++) {',
    replacement: 'i <= this.size',
    why: 'nothing is written beyond the end of an array of words',
  },
  {
    file: 'proofs/plot-builder.ts',
    line: 'yield* this.fetch(own, (which, column) => which < 2 && column < first);',
    text: 'which < 2',
    why: 'what else is fetched there comes from the row below afterwards, or is not used',
  },
  {
    file: 'proofs/plot-graph.ts',
    line: 'if (drawn.labels === labels && drawn.draw === draw) return drawn.words;',
    replacement: 'false',
    why: 'saves drawing again',
  },
  {
    file: 'proofs/proof-set.ts',
    line: 'authentic && found === 0',
    text: 'authentic && found === 0',
    replacement: 'false',
    why: 'saves making an empty list',
  },
  {
    file: 'proofs/registration.ts',
    line: 'for (const parent of parents.row) open[row]?.add(parent);',
    replacement: 'open[row].add',
    why: 'for the type: each row of targets has a set',
  },
  {
    file: 'proofs/registration.ts',
    line: 'const byColumn = targets.map(() => new Map<number, Uint8Array>());',
    text: '() => new Map<number, Uint8Array>()',
    why: 'for the type: a row that is not opened has no targets and no parents of any',
  },
  {
    file: 'proofs/request-batch-codec.ts',
    line: 'const writer = new Writer(32 * 1024);',
    why: 'room to begin with: it grows',
  },
  {
    file: 'proofs/request-batch-codec.ts',
    line: 'if (stray >= 0) reader.fail(',
    text: 'stray >= 0',
    replacement: 'stray > 0',
    why: 'the first request is of the same node as itself',
  },
  {
    file: 'proofs/request-codec.ts',
    line: 'encodings.set(what, reader.since(from));',
    why: 'saves encoding again what was decoded',
  },
  {
    file: 'proofs/space.ts',
    line: 'if (!isPlotSize(proof.labels) || proof.opened.length !== count) return false;',
    text: 'proof.opened.length !== count',
    replacement: 'false',
    why: 'saves drawing positions; seen again when openings and positions are counted',
  },
  {
    file: 'proofs/time.ts',
    line: "const reason = offsetMs < 0 ? 'timestamp too old' : 'timestamp in the future';",
    replacement: 'offsetMs <= 0',
    why: 'an offset of nothing is within every bound',
  },
];
