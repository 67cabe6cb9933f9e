import { assert } from '../base/assert.ts';
import { Writer } from '../base/codec.ts';
import type { Digest } from '../base/digest.ts';
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
  return Writer.hashing('hypermesh/proof-context')
    .digest(parts.chainId)
    .u53(parts.beacon.epoch)
    .digest(parts.beacon.value)
    .fixed(parts.nodeId)
    .digest(parts.requestHash)
    .toHash();
}

/**
 * `count` distinct positions below `below`, ascending, that nobody can choose: rejection-sampled
 * from SHA-256(domain ‖ seed ‖ counter) as big-endian 32-bit words. `below` must be a power of two
 * of at least `count`, so a word modulo `below` is uniform.
 */
export function drawPositions(seed: Uint8Array, count: number, below: number): number[] {
  const isPower = below > 0 && below <= 2 ** 32 && Number.isInteger(Math.log2(below));
  assert(isPower, () => `below ${below}`);
  assert(count <= below, () => `${count} positions below ${below}`);
  const drawn: number[] = [];
  for (let counter = 0; drawn.length < count; counter++) {
    const block = Writer.hashing('hypermesh/positions').fixed(seed).u32(counter).toHash();
    for (let at = 0; at < block.length && drawn.length < count; at += 4) {
      insert(drawn, wordAt(block, at) % below);
    }
  }
  return drawn;
}

/** Big-endian. */
function wordAt(bytes: Uint8Array, at: number): number {
  let word = 0;
  for (let i = 0; i < 4; i++) word = word * 256 + (bytes[at + i] as number);
  return word;
}

/** Keeps `ascending` as it says, each value once. Few there are, four mostly. */
function insert(ascending: number[], value: number): void {
  let at = ascending.length;
  while (at > 0 && (ascending[at - 1] as number) > value) at--;
  if (at === 0 || ascending[at - 1] !== value) ascending.splice(at, 0, value);
}
