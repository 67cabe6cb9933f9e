/**
 * SHA-256 (FIPS 180-4) of four messages at once, in the four lanes of 128-bit vectors: for inputs
 * as short as the nodes of a Merkle tree a call of node:crypto costs several times the hash.
 * Compiled where the program runs.
 */
import { digestBytes, sha256Into } from './digest.ts';
import { Code, moduleOf } from './wasm-code.ts';

export interface Sha256Lanes {
  /** The memory both sides share; below `free` it is the code's own. */
  readonly memory: ArrayBuffer;
  readonly free: number;
  /**
   * Hashes four messages of `blocks` blocks of 64 bytes each, already padded (§5.1.1): the first
   * from byte `from` on, each `stride` bytes behind the last. Digests go to `out`, 32 bytes each.
   */
  run(from: number, stride: number, blocks: number, out: number): void;
}

const rounds = 64;
const words = 16;
const parameters = 4;
const [from, stride, blocks, out] = [0, 1, 2, 3] as const;
/** Number locals: addresses of lanes 1 to 3, and of the constants of the next sixteen rounds. */
const lanesAt = [from, 4, 5, 6] as const;
const constantsAt = 7;
const firstVector = 8;
const w = (i: number) => firstVector + (i % words);
/** Working variables a to h, one after the other. */
const working = firstVector + words;
/** a ^ b of this round and of the last, which is b ^ c of this one. */
const pairs = [working + 8, working + 9] as const;
/** The hash so far, before a block; a scratch vector for what changes ends. */
const hash = working + 10;
const scratch = hash + 8;
const vectors = scratch + 1 - firstVector;

/** First 32 bits of the fractional part of the `root`-th root of each of the first primes. */
function fractions(count: number, root: 2 | 3): number[] {
  const found: number[] = [];
  for (let candidate = 2n; found.length < count; candidate++) {
    if (isPrime(candidate)) found.push(Number(rootOf(candidate << BigInt(32 * root), root) & mask));
  }
  return found;
}

const mask = 0xffff_ffffn;

function isPrime(candidate: bigint): boolean {
  for (let divisor = 2n; divisor * divisor <= candidate; divisor++) {
    if (candidate % divisor === 0n) return false;
  }
  return true;
}

/** The largest integer whose `root`-th power is at most `value`. */
function rootOf(value: bigint, root: 2 | 3): bigint {
  let found = 0n;
  for (let bit = 1n << 40n; bit > 0n; bit >>= 1n) {
    if ((found + bit) ** BigInt(root) <= value) found += bit;
  }
  return found;
}

/** §4.1.2: two rotations and a rotation, or a shift where `shift` says so, joined by xor. */
function sigma(code: Code, local: number, a: number, b: number, c: number, shift = false): Code {
  code.rotateRight(local, a).rotateRight(local, b).xor();
  return (shift ? code.shiftRight(local, c) : code.rotateRight(local, c)).xor();
}

/** §6.2.2 step 1: word i of the schedule takes the place of word i − 16. */
function schedule(code: Code, i: number): void {
  code
    .get(w(i))
    .get(w(i + 9))
    .add();
  sigma(code, w(i + 1), 7, 18, 3, true).add();
  sigma(code, w(i + 14), 17, 19, 10, true)
    .add()
    .set(w(i));
}

/** §6.2.2 step 3; instead of moving a to h, each round calls them by other names. */
function round(code: Code, i: number): void {
  const variable = (k: number) => working + ((k - i + rounds) % 8);
  const [a, b, d, e] = [variable(0), variable(1), variable(3), variable(4)];
  const [f, g, h] = [variable(5), variable(6), variable(7)];
  const [now, before] = i % 2 === 0 ? pairs : [pairs[1], pairs[0]];
  sigma(code.get(h), e, 6, 11, 25).add();
  code.get(f).get(g).xor().get(e).and().get(g).xor().add();
  code
    .get(constantsAt)
    .loadSplat(4 * (i % words))
    .add()
    .get(w(i))
    .add()
    .tee(h);
  code.get(d).add().set(d);
  // Maj(a, b, c) = b ^ ((a ^ b) & (b ^ c)).
  code.get(a).get(b).xor().tee(now).get(before).and().get(b).xor().get(h).add();
  sigma(code, a, 2, 13, 22).add().set(h);
}

function program(): Code {
  const code = new Code();
  for (const lane of [1, 2, 3] as const) {
    code
      .get(lanesAt[lane - 1] as number)
      .get(stride)
      .addNumbers()
      .set(lanesAt[lane]);
  }
  for (let i = 0; i < 8; i++)
    code
      .number(0)
      .loadSplat(4 * (rounds + i))
      .set(hash + i);
  code.repeat(block);
  for (let i = 0; i < 8; i++) {
    code.swapEnds(hash + i).set(scratch);
    for (let lane = 0; lane < 4; lane++) {
      code
        .get(out)
        .get(scratch)
        .storeLane(32 * lane + 4 * i, lane);
    }
  }
  return code;
}

/** One block of each message; leaves the number of blocks that are left. */
function block(code: Code): void {
  for (let i = 0; i < words; i++) {
    for (let lane = 0; lane < 4; lane++) {
      code
        .get(lanesAt[lane] as number)
        .get(w(i))
        .loadLane(4 * i, lane)
        .set(w(i));
    }
    code.swapEnds(w(i)).set(w(i));
  }
  for (let i = 0; i < 8; i++) code.get(hash + i).set(working + i);
  code
    .get(working + 1)
    .get(working + 2)
    .xor()
    .set(pairs[1]);
  code.number(0).set(constantsAt);
  for (let i = 0; i < words; i++) round(code, i);
  code.repeat((again) => {
    again
      .get(constantsAt)
      .number(4 * words)
      .addNumbers()
      .set(constantsAt);
    for (let i = 0; i < words; i++) {
      schedule(again, i);
      round(again, i);
    }
    again
      .get(constantsAt)
      .number(4 * (rounds - words))
      .subtractNumbers();
  });
  for (let i = 0; i < 8; i++)
    code
      .get(hash + i)
      .get(working + i)
      .add()
      .set(hash + i);
  for (const at of lanesAt) code.get(at).number(64).addNumbers().set(at);
  code.get(blocks).number(1).subtractNumbers().tee(blocks);
}

/** As much of WebAssembly's interface as is used here: the library of types leaves it out. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: {
      readonly run: Sha256Lanes['run'];
      readonly memory: { readonly buffer: ArrayBuffer };
    };
  };
};

/**
 * Four at once by WebAssembly, with so many pages (64 KiB) of memory; null where this program runs
 * without WebAssembly, or without its vectors.
 */
export function vectorLanes(pages: number): Sha256Lanes | null {
  try {
    const numbers = firstVector - parameters;
    const bytes = moduleOf(program(), { parameters, numbers, vectors, pages });
    const { run, memory } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
    const constants = [...fractions(rounds, 3), ...fractions(8, 2)];
    new Uint32Array(memory.buffer).set(constants);
    return { memory: memory.buffer, free: 4 * constants.length, run };
  } catch {
    return null;
  }
}

/** The same one after the other, for machines without. */
export function plainLanes(pages: number): Sha256Lanes {
  const memory = new ArrayBuffer(pages * 2 ** 16);
  const bytes = new Uint8Array(memory);
  const view = new DataView(memory);
  return {
    memory,
    free: 0,
    run(from, stride, blocks, out) {
      const digests = new Uint8Array(4 * digestBytes);
      for (let lane = 0; lane < 4; lane++) {
        const start = from + lane * stride;
        // The padding ends with the length in bits.
        const length = view.getUint32(start + 64 * blocks - 4) / 8;
        sha256Into(bytes.subarray(start, start + length), digests, lane * digestBytes);
      }
      bytes.set(digests, out);
    },
  };
}
