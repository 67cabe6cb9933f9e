import { plainLanes, type Sha256Lanes, vectorLanes } from './sha256-lanes.ts';

const pageBytes = 2 ** 16;
/** Hashed at once. */
export const laneCount = 4;

/** Prefixes that tell leaves from inner nodes (RFC 6962 §2.1). */
export const leafPrefix = 0;
export const nodePrefix = 1;

const hashBytes = 32;
/** Hashing code keeps what it needs below. */
const firstSlot = 320;
/**
 * A slot is a padded message (FIPS 180-4 §5.1.1) that begins with its prefix, one byte before an
 * address of whole words: 0x00 ‖ 32 bytes in one block, or a prefix ‖ 64 bytes in two.
 */
const single = { at: firstSlot, strideBytes: 64, messageBytes: 33, blocks: 1 };
const pair = {
  at: firstSlot + laneCount * single.strideBytes,
  strideBytes: 128,
  messageBytes: 65,
  blocks: 2,
};
/** The last message ends three bytes into the word behind its slot. */
const roomAt = pair.at + laneCount * pair.strideBytes + 4;

/** Where the first word behind the prefix of lane 0 is, and how many words the next is away. */
export const singleWord = single.at / 4 + 1;
export const singleStride = single.strideBytes / 4;
export const pairWord = pair.at / 4 + 1;
export const pairStride = pair.strideBytes / 4;
/** First word that belongs to the caller. */
export const roomWord = roomAt / 4;

/**
 * Hashes of Merkle trees by fours, in memory that both sides see: the caller puts what is to be
 * hashed into slots and finds the hashes, 32 bytes each, where it wants them.
 */
export class MerkleLanes {
  readonly bytes: Uint8Array;
  /** The same memory, for moves of whole words; the bytes of a word are in the machine's order. */
  readonly words: Int32Array;
  private readonly lanes: Sha256Lanes;
  private prefix = nodePrefix;

  /** With room for `roomBytes` of the caller's own. */
  constructor(roomBytes: number, makeLanes: (pages: number) => Sha256Lanes = fastestLanes) {
    this.lanes = makeLanes(Math.ceil((roomAt + roomBytes) / pageBytes));
    this.bytes = new Uint8Array(this.lanes.memory);
    this.words = new Int32Array(this.lanes.memory);
    for (const { at, strideBytes, messageBytes } of [single, pair]) {
      for (let lane = 0; lane < laneCount; lane++) {
        const start = at + lane * strideBytes + 3;
        this.bytes[start + messageBytes] = 0x80;
        const bits = messageBytes * 8;
        this.bytes[start + strideBytes - 2] = bits >>> 8;
        this.bytes[start + strideBytes - 1] = bits & 0xff;
      }
    }
    this.putPrefix(nodePrefix);
  }

  /** Hashes of 0x00 and what stands in the four single slots, from word `outWord` on. */
  hashSingles(outWord: number): void {
    this.lanes.run(single.at + 3, single.strideBytes, single.blocks, outWord * 4);
  }

  /** Hashes of the prefix and what stands in the four pair slots, from word `outWord` on. */
  hashPairs(outWord: number, prefix = nodePrefix): void {
    if (prefix !== this.prefix) this.putPrefix(prefix);
    this.lanes.run(pair.at + 3, pair.strideBytes, pair.blocks, outWord * 4);
  }

  /** Moves a hash by words. */
  move(fromWord: number, toWord: number): void {
    const { words } = this;
    for (let i = 0; i < hashBytes / 4; i++) words[toWord + i] = words[fromWord + i] as number;
  }

  /** Byte by byte: a view of so few bytes costs more than to copy them. */
  put(hash: Uint8Array, from: number, toWord: number): void {
    const { bytes } = this;
    const to = toWord * 4;
    for (let i = 0; i < hashBytes; i++) bytes[to + i] = hash[from + i] as number;
  }

  take(fromWord: number, hash: Uint8Array, to: number): void {
    const { bytes } = this;
    const from = fromWord * 4;
    for (let i = 0; i < hashBytes; i++) hash[to + i] = bytes[from + i] as number;
  }

  private putPrefix(prefix: number): void {
    this.prefix = prefix;
    for (let lane = 0; lane < laneCount; lane++) {
      this.bytes[pair.at + lane * pair.strideBytes + 3] = prefix;
    }
  }
}

function fastestLanes(pages: number): Sha256Lanes {
  return vectorLanes(pages) ?? plainLanes(pages);
}
