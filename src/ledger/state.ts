import { toHex } from '../base/bytes.ts';
import { type Digest, zeroDigest } from '../base/digest.ts';
import { memo } from '../base/memo.ts';
import type { Beacon } from '../proofs/request.ts';
import {
  type Account,
  decodeAccount,
  decodePlot,
  decodeStanding,
  decodeSupply,
  encodeAccount,
  encodePlot,
  encodeStanding,
  encodeSupply,
  type LedgerPlot,
  type Standing,
  type Supply,
} from './account.ts';
import { type AgreedClock, decodeClock, encodeClock } from './agreed-clock.ts';
import { decodeLoad, encodeLoad, type Load, noLoad } from './load.ts';
import { decodeWindow, emptyWindow, encodeWindow, type ReplayWindow } from './replay-window.ts';
import { type StateTree, treeDelete, treeDigest, treeGet, treePut } from './state-tree.ts';

/** Where each thing stands in the state tree; outsiders prove entries under these keys. */
export const stateKeys = {
  genesis: 'genesis',
  clock: 'clock',
  supply: 'supply',
  membership: 'membership',
  load: 'load',
  account: (nodeId: Uint8Array) => keysOf(nodeId).account,
  plot: (nodeId: Uint8Array) => keysOf(nodeId).plot,
  registration: (nodeId: Uint8Array) => `registration/${toHex(nodeId)}`,
  window: (nodeId: Uint8Array) => keysOf(nodeId).window,
  standing: (replica: number) => `standing/${replica}`,
  request: (nodeId: Uint8Array, requestId: string) => keysOf(nodeId).requests + requestId,
  decision: (operation: Digest) => `decision/${operation}`,
  decisionLog: 'decisions',
  decisionRecord: (index: number) => `decisions/${index}`,
};

/** Of one node: the very same strings each time, which a map finds without reading them. */
interface NodeKeys {
  readonly account: string;
  readonly plot: string;
  readonly window: string;
  /** To be followed by the request id. */
  readonly requests: string;
}

/** By key in hex. */
const nodeKeys = new Map<string, NodeKeys>();
const maxNodeKeys = 4096;
/** Whose keys were asked for last: a request asks for five of one node. */
let lastNode: { readonly nodeId: Uint8Array; readonly keys: NodeKeys } | null = null;

function keysOf(nodeId: Uint8Array): NodeKeys {
  if (lastNode?.nodeId === nodeId) return lastNode.keys;
  const hex = toHex(nodeId);
  let keys = nodeKeys.get(hex);
  if (keys === undefined) {
    keys = {
      account: `account/${hex}`,
      plot: `plot/${hex}`,
      window: `window/${hex}`,
      requests: `request/${hex}/`,
    };
    if (nodeKeys.size >= maxNodeKeys) nodeKeys.clear();
    nodeKeys.set(hex, keys);
  }
  lastNode = { nodeId, keys };
  return keys;
}

interface Decoded {
  readonly by: (bytes: Uint8Array) => unknown;
  readonly value: unknown;
}

/** By the bytes in the tree, which nobody writes to: some are read for every request of a batch. */
const decoded = memo<Decoded>();

/** What `decoder` makes of an entry of the tree; the same object each time, not to be changed. */
export function decodedOnce<T>(bytes: Uint8Array, decoder: (bytes: Uint8Array) => T): T {
  const known = decoded.get(bytes);
  if (known?.by === decoder) return known.value as T;
  const value = decoder(bytes);
  decoded.set(bytes, { by: decoder, value });
  return value;
}

/** An entry as it is read and written by meaning. */
interface Cell {
  readonly value: unknown;
  /** Null: it stands in the tree as it is here. */
  encode: ((value: never) => Uint8Array) | null;
}

/** Entries held ready, of the nodes that ask now; beyond it they are read anew. */
const maxCells = 1024;

/**
 * The state tree read and written by meaning. What is written so waits beside the tree until
 * somebody asks for the tree or its digest: a batch's requests change the same few entries, like
 * the replay window of their node, one after the other.
 */
export class LedgerState {
  private settled: StateTree;
  private readonly cells = new Map<string, Cell>();
  /** Keys of cells that the tree does not know yet. */
  private readonly waiting = new Set<string>();

  constructor(tree: StateTree) {
    this.settled = tree;
  }

  get tree(): StateTree {
    if (this.waiting.size > 0) this.settle();
    return this.settled;
  }

  set tree(tree: StateTree) {
    if (tree === this.settled && this.waiting.size === 0) return;
    this.cells.clear();
    this.waiting.clear();
    this.settled = tree;
  }

  get digest(): Digest {
    return treeDigest(this.tree);
  }

  /** The bytes of an entry that is not written by meaning, or as they were when the batch began. */
  get(key: string): Uint8Array | null {
    return treeGet(this.settled, key);
  }

  put(key: string, value: Uint8Array): void {
    this.forget(key);
    this.settled = treePut(this.settled, key, value);
  }

  delete(key: string): void {
    this.forget(key);
    this.settled = treeDelete(this.settled, key);
  }

  private forget(key: string): void {
    this.cells.delete(key);
    this.waiting.delete(key);
  }

  private settle(): void {
    for (const key of this.waiting) {
      const cell = this.cells.get(key) as Cell;
      const encode = cell.encode as (value: unknown) => Uint8Array;
      this.settled = treePut(this.settled, key, encode(cell.value));
      cell.encode = null;
    }
    this.waiting.clear();
  }

  private makeRoom(): void {
    if (this.cells.size < maxCells) return;
    this.settle();
    this.cells.clear();
  }

  /** The same object each time, not to be changed. */
  read<T>(key: string, decoder: (bytes: Uint8Array) => T): T | null {
    const cell = this.cells.get(key);
    if (cell !== undefined) return cell.value as T | null;
    this.makeRoom();
    const bytes = this.get(key);
    const value = bytes === null ? null : decodedOnce(bytes, decoder);
    this.cells.set(key, { value, encode: null });
    return value;
  }

  private write<T>(key: string, value: T, encode: (value: T) => Uint8Array): void {
    this.makeRoom();
    this.cells.set(key, { value, encode });
    this.waiting.add(key);
  }

  get clock(): AgreedClock {
    return this.read(stateKeys.clock, decodeClock) ?? emptyClock;
  }

  set clock(clock: AgreedClock) {
    this.write(stateKeys.clock, clock, encodeClock);
  }

  get supply(): Supply {
    return this.read(stateKeys.supply, decodeSupply) ?? { supply: 0, burned: 0, accounts: 0 };
  }

  set supply(supply: Supply) {
    this.write(stateKeys.supply, supply, encodeSupply);
  }

  get load(): Load {
    return this.read(stateKeys.load, decodeLoad) ?? noLoad;
  }

  set load(load: Load) {
    this.write(stateKeys.load, load, encodeLoad);
  }

  account(nodeId: Uint8Array): Account | null {
    return this.read(stateKeys.account(nodeId), decodeAccount);
  }

  putAccount(nodeId: Uint8Array, account: Account): void {
    this.write(stateKeys.account(nodeId), account, encodeAccount);
  }

  plot(nodeId: Uint8Array): LedgerPlot | null {
    return this.read(stateKeys.plot(nodeId), decodePlot);
  }

  putPlot(nodeId: Uint8Array, plot: LedgerPlot): void {
    this.write(stateKeys.plot(nodeId), plot, encodePlot);
  }

  window(nodeId: Uint8Array): ReplayWindow {
    return this.read(stateKeys.window(nodeId), decodeWindow) ?? emptyWindow;
  }

  putWindow(nodeId: Uint8Array, window: ReplayWindow): void {
    this.write(stateKeys.window(nodeId), window, encodeWindow);
  }

  standing(replica: number): Standing | null {
    return this.read(stateKeys.standing(replica), decodeStanding);
  }

  putStanding(replica: number, standing: Standing): void {
    this.write(stateKeys.standing(replica), standing, encodeStanding);
  }
}

const noBeacon: Beacon = { epoch: 0, value: zeroDigest };
const emptyClock: AgreedClock = { nowMs: 0, beacon: noBeacon, previousBeacon: noBeacon };
