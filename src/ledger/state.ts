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
  account: (nodeId: Uint8Array) => `account/${toHex(nodeId)}`,
  plot: (nodeId: Uint8Array) => `plot/${toHex(nodeId)}`,
  registration: (nodeId: Uint8Array) => `registration/${toHex(nodeId)}`,
  window: (nodeId: Uint8Array) => `window/${toHex(nodeId)}`,
  standing: (replica: number) => `standing/${replica}`,
  request: (nodeId: Uint8Array, requestId: string) => `request/${toHex(nodeId)}/${requestId}`,
  decision: (operation: Digest) => `decision/${operation}`,
  decisionLog: 'decisions',
  decisionRecord: (index: number) => `decisions/${index}`,
};

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

/** The state tree read and written by meaning. Holds nothing beside the tree. */
export class LedgerState {
  tree: StateTree;

  constructor(tree: StateTree) {
    this.tree = tree;
  }

  get digest(): Digest {
    return treeDigest(this.tree);
  }

  get(key: string): Uint8Array | null {
    return treeGet(this.tree, key);
  }

  put(key: string, value: Uint8Array): void {
    this.tree = treePut(this.tree, key, value);
  }

  delete(key: string): void {
    this.tree = treeDelete(this.tree, key);
  }

  private read<T>(key: string, decoder: (bytes: Uint8Array) => T): T | null {
    const value = this.get(key);
    return value === null ? null : decodedOnce(value, decoder);
  }

  get clock(): AgreedClock {
    return this.read(stateKeys.clock, decodeClock) ?? emptyClock;
  }

  set clock(clock: AgreedClock) {
    this.put(stateKeys.clock, encodeClock(clock));
  }

  get supply(): Supply {
    return this.read(stateKeys.supply, decodeSupply) ?? { supply: 0, burned: 0, accounts: 0 };
  }

  set supply(supply: Supply) {
    this.put(stateKeys.supply, encodeSupply(supply));
  }

  get load(): Load {
    return this.read(stateKeys.load, decodeLoad) ?? noLoad;
  }

  set load(load: Load) {
    this.put(stateKeys.load, encodeLoad(load));
  }

  account(nodeId: Uint8Array): Account | null {
    return this.read(stateKeys.account(nodeId), decodeAccount);
  }

  putAccount(nodeId: Uint8Array, account: Account): void {
    this.put(stateKeys.account(nodeId), encodeAccount(account));
  }

  plot(nodeId: Uint8Array): LedgerPlot | null {
    return this.read(stateKeys.plot(nodeId), decodePlot);
  }

  putPlot(nodeId: Uint8Array, plot: LedgerPlot): void {
    this.put(stateKeys.plot(nodeId), encodePlot(plot));
  }

  window(nodeId: Uint8Array): ReplayWindow {
    return this.read(stateKeys.window(nodeId), decodeWindow) ?? emptyWindow;
  }

  putWindow(nodeId: Uint8Array, window: ReplayWindow): void {
    this.put(stateKeys.window(nodeId), encodeWindow(window));
  }

  standing(replica: number): Standing | null {
    return this.read(stateKeys.standing(replica), decodeStanding);
  }

  putStanding(replica: number, standing: Standing): void {
    this.put(stateKeys.standing(replica), encodeStanding(standing));
  }
}

const noBeacon: Beacon = { epoch: 0, value: zeroDigest };
const emptyClock: AgreedClock = { nowMs: 0, beacon: noBeacon, previousBeacon: noBeacon };
