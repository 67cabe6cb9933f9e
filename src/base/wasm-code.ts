/**
 * Writes a WebAssembly module of one function by the byte (WebAssembly Core Specification 2.0, §5):
 * enough for straight-line code over 128-bit vectors, and no more.
 */

/** Opcodes behind the prefix 0xfd, for vectors of four 32-bit numbers. */
const vector = {
  loadSplat: 9,
  shuffleBytes: 13,
  and: 78,
  or: 80,
  xor: 81,
  loadLane: 86,
  storeLane: 90,
  shiftLeft: 171,
  shiftRight: 173,
  add: 174,
} as const;

const i32 = 0x7f;
const v128 = 0x7b;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return bytes;
}

/** For numbers from 0 on: a sign bit of its own follows the last that counts. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 64; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return bytes;
}

/** The instructions of one function, appended in order; operands go by way of the stack. */
export class Code {
  readonly bytes: number[] = [];

  private op(...bytes: readonly number[]): this {
    this.bytes.push(...bytes);
    return this;
  }

  private vector(opcode: number, ...operands: readonly number[]): this {
    return this.op(0xfd, ...unsigned(opcode), ...operands);
  }

  get(local: number): this {
    return this.op(0x20, ...unsigned(local));
  }

  set(local: number): this {
    return this.op(0x21, ...unsigned(local));
  }

  tee(local: number): this {
    return this.op(0x22, ...unsigned(local));
  }

  number(value: number): this {
    return this.op(0x41, ...signed(value));
  }

  addNumbers(): this {
    return this.op(0x6a);
  }

  subtractNumbers(): this {
    return this.op(0x6b);
  }

  /** Runs `body` again while it leaves a number other than 0. */
  repeat(body: (code: Code) => void): this {
    this.op(0x03, 0x40);
    body(this);
    return this.op(0x0d, 0, 0x0b);
  }

  /** The number at the address on the stack plus `offset`, in all four places. */
  loadSplat(offset: number): this {
    return this.vector(vector.loadSplat, 2, ...unsigned(offset));
  }

  loadLane(offset: number, lane: number): this {
    return this.vector(vector.loadLane, 0, ...unsigned(offset), lane);
  }

  storeLane(offset: number, lane: number): this {
    return this.vector(vector.storeLane, 0, ...unsigned(offset), lane);
  }

  /** Other end first in each of the four numbers; the vector comes from `local`. */
  swapEnds(local: number): this {
    const order = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];
    return this.get(local)
      .get(local)
      .vector(vector.shuffleBytes, ...order);
  }

  and(): this {
    return this.vector(vector.and);
  }

  or(): this {
    return this.vector(vector.or);
  }

  xor(): this {
    return this.vector(vector.xor);
  }

  add(): this {
    return this.vector(vector.add);
  }

  shiftRight(local: number, bits: number): this {
    return this.get(local).number(bits).vector(vector.shiftRight);
  }

  rotateRight(local: number, bits: number): this {
    this.shiftRight(local, bits);
    return this.get(local)
      .number(32 - bits)
      .vector(vector.shiftLeft)
      .or();
  }
}

const named = (name: string) => [name.length, ...Buffer.from(name, 'latin1')];

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

/**
 * A module that exports `run`, a function of `parameters` numbers with `numbers` and `vectors` more
 * locals (in that order behind the parameters), and `memory` of so many pages of 64 KiB.
 */
export function moduleOf(
  code: Code,
  shape: { parameters: number; numbers: number; vectors: number; pages: number },
): Uint8Array<ArrayBuffer> {
  const { parameters, numbers, vectors, pages } = shape;
  const locals = [2, ...unsigned(numbers), i32, ...unsigned(vectors), v128];
  const body = [...locals, ...code.bytes, 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, parameters, ...Array.from({ length: parameters }, () => i32), 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...unsigned(pages)]),
    ...section(7, [2, ...named('run'), 0, 0, ...named('memory'), 2, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}
