import { orderOperation } from '../../ledger/operation.ts';
import { encodeMessage } from '../../pbft/message-codec.ts';
import type { Address } from '../../runtime/ports.ts';
import type { HostileKit } from './kit.ts';

export function requestFrame(operation: Uint8Array): Uint8Array {
  return encodeMessage({ type: 'request', operation });
}

/** The same bytes to each of these replicas. */
export function sendTo({ link }: HostileKit, to: readonly Address[], frame: Uint8Array): void {
  for (const replica of to) link.send(replica, frame);
}

/** Pays one unit to the first or second of its payees: an order that moves something. */
export function payment(kit: HostileKit, sequence: number, payee: 0 | 1): Uint8Array {
  const to = kit.payees[payee];
  const order = { type: 'deposit', to, amount: 1, namePatterns: [] } as const;
  return orderOperation(kit.chainId, kit.signer, sequence, order);
}
