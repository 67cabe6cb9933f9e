import { equalBytes } from '../base/bytes.ts';
import type { Beacon } from '../proofs/request.ts';
import type { Account } from './account.ts';
import type { Genesis } from './genesis.ts';
import { defaultEvidenceWindowMs } from './genesis-state.ts';
import { limits } from './limits.ts';
import type { HolderOperation, HolderOrder } from './operation.ts';
import { registerPlot } from './registration.ts';
import { replayFault, useSequence } from './replay-window.ts';
import type { LedgerState } from './state.ts';

/** Why an operation changed nothing; null when it did what it says. */
export type Refusal = string | null;

/**
 * Runs an order whose signature and openings hold. Every order of an account uses up its sequence
 * number, also a refused one, so that none can be kept back and played later.
 */
export function runOrder(
  state: LedgerState,
  operation: HolderOperation,
  genesis: Genesis,
): Refusal {
  const { nodeId, sequence, order } = operation;
  const account = state.account(nodeId);
  if (account === null) return 'no such account';
  const window = state.window(nodeId);
  const fault = replayFault(window, sequence);
  if (fault !== null) return fault;
  state.putWindow(nodeId, useSequence(window, sequence));
  switch (order.type) {
    case 'registerPlot':
    case 'attestPlot':
      return runPlotOrder(state, nodeId, order);
    case 'deposit':
      return deposit(state, nodeId, account, order);
    case 'lock':
      return lock(state, nodeId, account, order);
    case 'unlock':
      return unlock(state, nodeId, account, order, genesis);
  }
}

type Order<T extends HolderOrder['type']> = Extract<HolderOrder, { type: T }>;

function runPlotOrder(
  state: LedgerState,
  nodeId: Uint8Array,
  order: Order<'registerPlot' | 'attestPlot'>,
): Refusal {
  const { beacon, previousBeacon } = state.clock;
  const fresh = sameBeacon(order.beacon, beacon) || sameBeacon(order.beacon, previousBeacon);
  if (!fresh) return `beacon of epoch ${order.beacon.epoch} is not current`;
  if (order.type === 'registerPlot') {
    const { registration, position = null } = order;
    return registerPlot(state, nodeId, order.beacon, registration, position);
  }
  const plot = state.plot(nodeId);
  if (plot === null) return 'no plot is registered for this node';
  const { root, labels, scaleFactor } = order.openings;
  const same = root === plot.root && labels === plot.labels && scaleFactor === plot.scaleFactor;
  if (!same) return 'not the registered plot';
  const attestedEpoch = Math.max(plot.attestedEpoch, order.beacon.epoch);
  state.putPlot(nodeId, { ...plot, attestedEpoch });
  return null;
}

function sameBeacon(a: Beacon, b: Beacon): boolean {
  return a.epoch === b.epoch && a.value === b.value;
}

function deposit(
  state: LedgerState,
  from: Uint8Array,
  giver: Account,
  { to, amount, namePatterns }: Order<'deposit'>,
): Refusal {
  if (amount < 1) return 'amount: 1 or more';
  if (amount > giver.free) return `${amount} units wanted, ${giver.free} free`;
  if (equalBytes(from, to)) return 'deposit to oneself';
  const taker = state.account(to);
  if (taker !== null && namePatterns.length > 0) return 'namePatterns: the account exists';
  const uncovered = namePatterns.find((pattern) => !patternCovered(pattern, giver.namePatterns));
  if (uncovered !== undefined) return `namePatterns: ${uncovered} is not the giver's to give`;
  const { supply } = state;
  if (taker === null) {
    if (supply.accounts >= limits.accounts) return `over ${limits.accounts} accounts`;
    state.supply = { ...supply, accounts: supply.accounts + 1 };
  }
  state.putAccount(from, { ...giver, free: giver.free - amount });
  const opened: Account = {
    status: 'active',
    free: 0,
    locked: 0,
    lockedSinceMs: 0,
    lockedUntilMs: 0,
    namePatterns,
  };
  const account = taker ?? opened;
  state.putAccount(to, { ...account, free: account.free + amount });
  return null;
}

/** True when one of the giver's patterns allows every name that `pattern` allows. */
function patternCovered(pattern: string, givers: readonly string[]): boolean {
  const wanted = pattern.toLowerCase();
  return givers.some((giver) => {
    const own = giver.toLowerCase();
    if (own === '*' || own === wanted) return true;
    return own.startsWith('*.') && wanted !== '*' && wanted.endsWith(own.slice(1));
  });
}

function lock(
  state: LedgerState,
  nodeId: Uint8Array,
  account: Account,
  { amount, untilMs }: Order<'lock'>,
): Refusal {
  const { nowMs } = state.clock;
  if (account.status !== 'active') return `account is ${account.status}`;
  if (amount > account.free) return `${amount} units wanted, ${account.free} free`;
  if (untilMs <= nowMs) return 'untilMs: in the future';
  if (untilMs < account.lockedUntilMs) return `untilMs: not before ${account.lockedUntilMs}`;
  state.putAccount(nodeId, {
    ...account,
    free: account.free - amount,
    locked: account.locked + amount,
    // Only fresh stake is young; a longer lock of old stake stays as old as it is.
    lockedSinceMs: amount > 0 ? nowMs : account.lockedSinceMs,
    lockedUntilMs: untilMs,
  });
  return null;
}

function unlock(
  state: LedgerState,
  nodeId: Uint8Array,
  account: Account,
  { amount }: Order<'unlock'>,
  genesis: Genesis,
): Refusal {
  const windowMs = genesis.evidenceWindowMs ?? defaultEvidenceWindowMs;
  if (amount < 1) return 'amount: 1 or more';
  if (amount > account.locked) return `${amount} units wanted, ${account.locked} locked`;
  const openAtMs = account.lockedUntilMs + windowMs;
  if (state.clock.nowMs <= openAtMs) return `locked until the evidence window ends at ${openAtMs}`;
  state.putAccount(nodeId, {
    ...account,
    free: account.free + amount,
    locked: account.locked - amount,
  });
  return null;
}
