import { ed25519, type Signer } from '../../src/base/signature.ts';
import type { Genesis } from '../../src/ledger/genesis.ts';
import { Ledger, type LedgerOptions } from '../../src/ledger/ledger.ts';
import { type HolderOrder, orderOperation, validateOperation } from '../../src/ledger/operation.ts';
import {
  decodeResult,
  type OperationResult,
  type ValidationResult,
} from '../../src/ledger/result.ts';
import type { RequestIngredients } from '../../src/proofs/proof-set.ts';
import {
  chainId,
  requestOf,
  requirements,
  startMs,
  subjectOf,
  type TestNode,
  testNode,
} from '../proofs/fixtures.ts';

export const beaconEpochMs = 60_000;
export const validatorSigners: readonly Signer[] = [101, 102, 103, 104].map((seed) =>
  ed25519.signer(new Uint8Array(32).fill(seed)),
);
export const holders: readonly TestNode[] = [testNode(1), testNode(2)];
const lockedUntilMs = startMs + 10 * 86_400_000;

/** Two holders with plots and stake, a validator with stake of its own, four validators. */
export const genesis: Genesis = {
  chainId,
  requirements,
  scaleNote: 'one label stands for 32',
  validators: validatorSigners.map(({ publicKey }) => publicKey),
  accounts: [
    ...holders.map(({ nodeId }) => ({
      nodeId,
      amount: 1_000,
      free: 500,
      lockedSinceMs: startMs - 1,
      lockedUntilMs,
      namePatterns: ['*.mesh'],
    })),
    {
      nodeId: validatorSigners[0]?.publicKey as Uint8Array,
      amount: 700,
      lockedSinceMs: startMs - 1,
      lockedUntilMs,
      namePatterns: ['*'],
    },
  ],
  plots: holders.map(({ nodeId, plot }) => ({
    nodeId,
    root: plot.root,
    labels: plot.labels,
    scaleFactor: plot.scaleFactor,
  })),
  startMs,
  beaconEpochMs,
};

export const options: LedgerOptions = { scheme: ed25519 };

export function newLedger(changes: Partial<Genesis> = {}, extra: Partial<LedgerOptions> = {}) {
  return new Ledger({ ...genesis, ...changes }, { ...options, ...extra });
}

/** A request of holder `index`, made with the ledger's beacon and time. */
export function validate(
  ledger: Ledger,
  requestId: string,
  sequence: number,
  changes: Partial<RequestIngredients> = {},
  index = 0,
): Uint8Array {
  const node = holders[index] as TestNode;
  const request = requestOf(node, {
    subject: subjectOf(node, { requestId }),
    beacon: ledger.beacon,
    timestamp: ledger.timeMs,
    sequence,
    ...changes,
  });
  return validateOperation(request);
}

export function order(sequence: number, what: HolderOrder, index = 0): Uint8Array {
  return orderOperation(chainId, (holders[index] as TestNode).signer, sequence, what);
}

let sequences = 0;

/** Executes one operation in a batch of its own; time stands still unless `atMs` says otherwise. */
export function run(ledger: Ledger, operation: Uint8Array, atMs = 0): OperationResult {
  const { results } = ledger.execute(++sequences, atMs, [operation]);
  return resultOf(results[0] as Uint8Array);
}

export function resultOf(bytes: Uint8Array): OperationResult {
  const decoded = decodeResult(bytes);
  if (!decoded.ok) throw new Error(`undecodable result: ${decoded.reason}`);
  return decoded.value;
}

export function validationOf(result: OperationResult): ValidationResult {
  if (result.type !== 'validation') throw new Error(`${result.type}: ${JSON.stringify(result)}`);
  return result;
}

/** `accepted`, or why it was refused. */
export function outcome(result: OperationResult): string {
  return result.type === 'refused' ? result.reason : result.type;
}

/** Proof and reason of every failure, as `stake: no such account`. */
export function failuresOf(result: OperationResult): string[] {
  return validationOf(result).failures.map(({ proof, reason }) => `${proof}: ${reason}`);
}
