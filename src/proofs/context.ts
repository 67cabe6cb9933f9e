import { assert } from '../base/assert.ts';
import { Reader, Writer } from '../base/codec.ts';
import { type Digest, digestToBytes } from '../base/digest.ts';
import type { Beacon } from './request.ts';

/** What a proof is made for. Change any part and every proof must be made again. */
export interface ContextParts {
  readonly chainId: Digest;
  readonly beacon: Beacon;
  /** 32 bytes. */
  readonly nodeId: Uint8Array;
  readonly requestHash: Digest;
}

/**
 * H(domain ‖ chain id ‖ beacon epoch ‖ beacon value ‖ node key ‖ request hash), 32 bytes. Every
 * proof commits to it, so none can be moved to another cluster, epoch, node, name or request.
 */
export function proofContext(parts: ContextParts): Uint8Array {
  const writer = new Writer(136)
    .digest(parts.chainId)
    .u53(parts.beacon.epoch)
    .digest(parts.beacon.value)
    .fixed(parts.nodeId)
    .digest(parts.requestHash);
  return new Uint8Array(digestToBytes('hypermesh/proof-context', writer.finish()));
}

/**
 * `count` distinct positions below `below`, ascending, that nobody can choose: rejection-sampled
 * from SHA-256(domain ‖ seed ‖ counter) as big-endian 32-bit words. `below` must be a power of two
 * of at least `count`, so a word modulo `below` is uniform.
 */
export function drawPositions(seed: Uint8Array, count: number, below: number): number[] {
  assert(below > 0 && below <= 2 ** 32 && Number.isInteger(Math.log2(below)), `below ${below}`);
  assert(count <= below, `${count} positions below ${below}`);
  const drawn = new Set<number>();
  for (let counter = 0; drawn.size < count; counter++) {
    const block = digestToBytes(
      'hypermesh/positions',
      new Writer(seed.length + 4).fixed(seed).u32(counter).finish(),
    );
    const reader = new Reader(block);
    for (let word = 0; word < 8 && drawn.size < count; word++) {
      drawn.add(reader.u32('position') % below);
    }
  }
  return [...drawn].sort((a, b) => a - b);
}
