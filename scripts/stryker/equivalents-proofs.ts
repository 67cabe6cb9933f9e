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
    file: 'proofs/time.ts',
    line: "const reason = offsetMs < 0 ? 'timestamp too old' : 'timestamp in the future';",
    replacement: 'offsetMs <= 0',
    why: 'an offset of nothing is within every bound',
  },
];
