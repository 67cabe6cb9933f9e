import seedrandom from 'seedrandom';
import { assert } from './assert.ts';

/** A stream of chance that repeats from its seed. Nothing on floors 0 to 2 knows any other. */
export class Random {
  /** Made at the first draw: it costs twenty microseconds, and many are never drawn from. */
  private made: seedrandom.PRNG | null = null;
  private readonly seed: string;

  constructor(seed: string | number) {
    this.seed = String(seed);
  }

  private get generator(): seedrandom.PRNG {
    this.made ??= seedrandom(this.seed);
    return this.made;
  }

  /** An independent stream: what one user draws never shifts what another sees. */
  fork(label: string): Random {
    return new Random(`${this.seed}/${label}`);
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.generator.quick();
  }

  /** Uniform integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.generator.quick() * below);
  }

  /** Uniform integer in [min, max]. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  chance(probability: number): boolean {
    return probability > 0 && this.generator.quick() < probability;
  }

  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, 'pick from nothing');
    return items[this.below(items.length)] as T;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [out[i], out[j]] = [out[j] as T, out[i] as T];
    }
    return out;
  }

  bytes(sizeBytes: number): Uint8Array {
    const out = new Uint8Array(sizeBytes);
    for (let i = 0; i < sizeBytes; i++) out[i] = this.below(256);
    return out;
  }
}
